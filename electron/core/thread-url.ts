// Where the code of a worker thread lies: beside the module that starts it.

/**
 * `name`: of its file, without the ending; `here`: the URL of the module that starts it. As it is, or bundled; of a package beside
 * its archive, where Node itself can read it.
 */
export function threadUrl(name: string, here: string): URL {
  const ending = here.endsWith('.ts') ? 'ts' : 'mjs';
  return new URL(`${name}.${ending}`, here.replace('/app.asar/', '/app.asar.unpacked/'));
}
