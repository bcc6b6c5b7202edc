// Checks what is asked to be downloaded. Paths of a repository are other people's: none may leave its folder.
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { DownloadRequest } from '../../../contract/downloads.ts';
import { integer, parseArgument, text } from '../../arguments.ts';

const mostFileBytes = 2 ** 50;
/** What no system takes as a name, or takes as something else: separators, control characters, Windows' devices and streams. */
// oxlint-disable-next-line no-control-regex
const unsafeName = /[\\:*?"<>|\u0000-\u001f]|^\.{1,2}$|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

const isSafePath = (path: string) => path.split('/').every((name) => name !== '' && name.length <= 200 && !unsafeName.test(name));

const isOrigin = (value: string) => {
  const url = URL.parse(value);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === value;
};

const checked = (least: number, most: number, fits: (value: string) => boolean, error: string) =>
  z.custom<string>((value) => text(least, most).safeParse(value).success && fits(value as string), { error });

const requestSchema = z.strictObject({
  name: text(1, 500),
  endpoint: checked(1, 300, isOrigin, 'must be the origin of a server, such as https://huggingface.co'),
  repo: checked(1, 200, (repo) => /^[\w.-]+\/[\w.-]+$/.test(repo) && isSafePath(repo), 'must be owner/name'),
  revision: checked(1, 200, (revision) => !/[\s?#]/.test(revision), 'must be a commit, a branch or a tag'),
  files: z
    .array(
      z.strictObject({
        path: checked(1, 1000, isSafePath, 'must be a path inside the repository'),
        sizeBytes: integer(0, mostFileBytes),
        sha256: checked(64, 64, (hash) => /^[0-9a-f]{64}$/.test(hash), 'must be 64 hexadecimal digits').nullable(),
      }),
    )
    .min(1)
    .max(1000),
  folder: checked(1, 4000, (folder) => isAbsolute(folder) && !folder.includes('\0'), 'must be the absolute path of a folder'),
});

/** Throws `invalid-argument`. */
export function parseRequest(request: unknown): DownloadRequest {
  const parsed = parseArgument(requestSchema, request, 'request');
  return { ...parsed, folder: resolve(parsed.folder) };
}

/** Where a file of the repository is published. */
export function destinationOf(folder: string, path: string): string {
  return join(folder, ...path.split('/'));
}
