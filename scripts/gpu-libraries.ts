// Which shared libraries ONNX Runtime's CUDA provider asks for, which of them this machine lacks, and where they come from.

/** What the provider of the runtime's `cuda12` build links against, besides the C library. */
export const cudaLibraries = [
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcudnn.so.9',
] as const;

/** The libraries that `ldd` could not find. */
export function missingFromLdd(output: string): string[] {
  return [...output.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name = '']) => name);
}

/** Those of `cudaLibraries` that the loader's cache (`ldconfig -p`) and the named folders' files do not have. */
export function missingFromCache(cache: string, files: readonly string[]): string[] {
  const known = new Set([...cache.matchAll(/^\s*(\S+) \(/gm)].map(([, name]) => name));
  return cudaLibraries.filter((name) => !known.has(name) && !files.includes(name));
}

/** What to do about missing libraries, in words. */
export function adviceFor(missing: readonly string[]): string[] {
  const cudnn = missing.filter((name) => name.startsWith('libcudnn'));
  const cuda = missing.filter((name) => name.startsWith('libcu') && !cudnn.includes(name));
  const others = missing.filter((name) => !cudnn.includes(name) && !cuda.includes(name));
  return [
    ...(cuda.length > 0
      ? [`CUDA 12's runtime libraries are missing (${cuda.join(', ')}): install NVIDIA's package cuda-libraries-12-9.`]
      : []),
    ...(cudnn.length > 0
      ? [`cuDNN 9 for CUDA 12 is missing (${cudnn.join(', ')}): install NVIDIA's package libcudnn9-cuda-12.`]
      : []),
    ...(others.length > 0 ? [`Other libraries are missing: ${others.join(', ')}.`] : []),
    ...(missing.length > 0
      ? ['Where they are installed but not found, add their folder to LD_LIBRARY_PATH before starting rankloop.']
      : []),
  ];
}
