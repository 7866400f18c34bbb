// The built pages' scripts and styles, compressed once as far as it goes: a server has no time for that at each request.
// Browsers take Brotli over https and from this machine alone, and gzip from everywhere.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** Writes `<file>.br` and `<file>.gz` beside every script and style below `folder`. */
export async function compressAssets(folder: string): Promise<void> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.(?:js|css)$/.test(file));
  await Promise.all(
    files.map(async (file) => {
      const source = await readFile(path.join(folder, file));
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
      };
      await writeFile(path.join(folder, `${file}.br`), await toBrotli(source, { params }));
      await writeFile(path.join(folder, `${file}.gz`), await toGzip(source, { level: constants.Z_BEST_COMPRESSION }));
    }),
  );
}
