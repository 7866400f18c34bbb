// `npm run install:gpu [-- --dry-run]`: gets ONNX Runtime's CUDA libraries by its own installer, says which of CUDA's and
// cuDNN's are missing, and opens a session on the card. A dry run only looks.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineError } from '../engine/errors.ts';
import { GraphBuilder } from '../engine/graph/builder.ts';
import { cudaProviderFile } from '../engine/runtime/provider.ts';
import { openSession } from '../engine/runtime/session.ts';
import { adviceFor, cudaLibraries, missingFromCache, missingFromLdd } from './gpu-libraries.ts';

const isDryRun = process.argv.includes('--dry-run');
const installer = join(
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  'script',
  'install.js',
);
const file = cudaProviderFile();
const say = (line: string) => console.error(line);

process.exitCode = (await install()) ? 0 : 1;

async function install(): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say(`ONNX Runtime's npm package has CUDA for Linux on x64 only, not for ${process.platform} on ${process.arch}.`);
    return false;
  }
  const cards = run('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']);
  say(
    cards
      ? `Cards: ${cards.trim().split('\n').join('; ')}`
      : 'No NVIDIA driver answers (nvidia-smi): install it first.',
  );

  if (existsSync(file)) say(`The CUDA provider is installed: ${file}`);
  else if (isDryRun) say(`The CUDA provider is not installed: this would run ${installer} for CUDA 12 (some 200 MB).`);
  else if (!download()) return false;

  const missing = missingLibraries();
  say(missing.length === 0 ? "CUDA's and cuDNN's libraries are found." : adviceFor(missing).join('\n'));
  if (isDryRun) return cards !== null && missing.length === 0;
  if (!cards || missing.length > 0) return false;
  return opensSession();
}

/**
 * Runs the installer for all that this platform has, which is CUDA 12. Two traps: our .npmrc says `skip`, which npm hands
 * down and only this variable overrides; and `cuda12` instead of `true` is taken for no wish at all under `npm run`.
 */
function download(): boolean {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' };
  const { status, stderr } = spawnSync(process.execPath, [installer], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  if (status === 0 && existsSync(file)) return true;
  const reason = /^\w*Error: .*$/m.exec(stderr)?.[0] ?? 'it put no library in its place';
  say(`ONNX Runtime's installer failed: ${reason}`);
  say('It downloads from api.nuget.org: check the network (behind a proxy, set GLOBAL_AGENT_HTTPS_PROXY).');
  return false;
}

function missingLibraries(): string[] {
  const linked = existsSync(file) ? run('ldd', [file]) : null;
  if (linked !== null) return missingFromLdd(linked);
  const cache = run('ldconfig', ['-p']) ?? run('/sbin/ldconfig', ['-p']);
  if (cache === null) return [...cudaLibraries];
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder && existsSync(folder));
  return missingFromCache(
    cache,
    folders.flatMap((folder) => readdirSync(folder)),
  );
}

async function opensSession(): Promise<boolean> {
  const g = new GraphBuilder('check');
  g.output('y', g.add(g.input('x', 'float32', [1]), 1));
  try {
    const session = await openSession(g.build(), { device: 'cuda' });
    await session.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } });
    await session.close();
  } catch (error) {
    say(error instanceof EngineError ? error.message : `The card does not run: ${error}`);
    return false;
  }
  say('ONNX Runtime runs on the card: `rankloop bench cuda` proves the sampler there.');
  return true;
}

/** What a program prints, or null where it is not there or fails. */
function run(program: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout : null;
}
