// The built page, as every shell serves it: safe paths into its folder, media types, caching and the content security policy.
import { realpath, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';

/** Nothing but the page's own files, no inline script or style, no frames, no forms, no other server. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer that a shell gives, of whatever status. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), display-capture=()',
};

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json',
};

/** Where `npm run build:renderer` puts the page. */
export function pageFolder(root: string): string {
  return join(root, 'renderer', 'dist');
}

export interface PageFile {
  path: string;
  sizeBytes: number;
  mediaType: string;
  /** Files of `assets/` carry a hash of their contents in their name and never change; all else is asked for again. */
  cacheControl: string;
}

/** The file of the page at a URL's path, or null: not there, not a plain file, or outside the folder by whatever trick. */
export async function findPageFile(folder: string, urlPath: string): Promise<PageFile | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (!decoded.startsWith('/') || decoded.includes('\0') || decoded.includes('\\')) return null;
  const path = resolve(folder, `.${decoded === '/' ? '/index.html' : decoded}`);
  try {
    // Both ends are resolved, so that neither `..` nor a link leads out of the folder.
    const [realFolder, realFile] = await Promise.all([realpath(folder), realpath(path)]);
    if (!realFile.startsWith(realFolder + sep)) return null;
    const entry = await stat(realFile);
    if (!entry.isFile()) return null;
    return {
      path: realFile,
      sizeBytes: entry.size,
      mediaType: mediaTypes[extname(realFile)] ?? 'application/octet-stream',
      cacheControl: decoded.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
    };
  } catch {
    return null;
  }
}
