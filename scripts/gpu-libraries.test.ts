import { describe, expect, test } from 'vitest';
import { adviceFor, cudaLibraries, missingFromCache, missingFromLdd } from './gpu-libraries.ts';

describe('the libraries of the CUDA provider', () => {
  test('that ldd does not find are named', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007ffd0d5f2000)',
      '\tlibcublasLt.so.12 => not found',
      '\tlibcudart.so.12 => /usr/local/cuda/lib64/libcudart.so.12 (0x00007f1c2c400000)',
      '\tlibcudnn.so.9 => not found',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1c2c000000)',
    ].join('\n');
    expect(missingFromLdd(output)).toEqual(['libcublasLt.so.12', 'libcudnn.so.9']);
  });

  test("that neither the loader's cache nor LD_LIBRARY_PATH has are named", () => {
    const cache =
      '2 libs found in cache\n\tlibcudart.so.12 (libc6,x86-64) => /usr/local/cuda/lib64/libcudart.so.12\n' +
      '\tlibcudnn.so.8 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcudnn.so.8\n';
    expect(missingFromCache(cache, ['libcublas.so.12', 'libcublasLt.so.12'])).toEqual([
      'libcufft.so.11',
      'libcudnn.so.9',
    ]);
    expect(missingFromCache('', [])).toEqual([...cudaLibraries]);
  });

  test('get advice by where they come from', () => {
    expect(adviceFor([])).toEqual([]);
    const advice = adviceFor(['libcudart.so.12', 'libcudnn.so.9']).join(' ');
    expect(advice).toContain("CUDA 12's runtime libraries are missing (libcudart.so.12)");
    expect(advice).toContain('cuDNN 9 for CUDA 12 is missing (libcudnn.so.9)');
    expect(advice).toContain('LD_LIBRARY_PATH');
  });
});
