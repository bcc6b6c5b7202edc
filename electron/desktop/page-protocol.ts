// The page under app://kangaroo: the built files and nothing else, with the same strict headers as in the browser shell.
import { readFile } from 'node:fs/promises';
import { findPageFile, securityHeaders } from '../core/page.ts';
import { pageOrigin } from './windows.ts';

/** Answers the requests of `protocol.handle`. */
export async function answerPageRequest(folder: string, request: Pick<Request, 'url' | 'method'>): Promise<Response> {
  const url = new URL(request.url);
  if (`${url.protocol}//${url.host}` !== pageOrigin) return refuse(403, 'Not this page.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET and HEAD.');
  const file = await findPageFile(folder, url.pathname);
  if (!file) return refuse(404, 'There is no such file.');
  const headers = { ...securityHeaders, 'content-type': file.mediaType, 'cache-control': file.cacheControl };
  const body = request.method === 'HEAD' ? null : new Uint8Array(await readFile(file.path));
  return new Response(body, { headers });
}

function refuse(status: number, text: string): Response {
  return new Response(text, { status, headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' } });
}
