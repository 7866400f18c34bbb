// Which execution provider a device name stands for, and whether this machine has it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as ort from 'onnxruntime-node';
import { deviceSchema } from '../config.ts';
import { EngineError } from '../errors.ts';

type Provider = ort.InferenceSession.ExecutionProviderConfig;

export type ProviderName = 'cpu' | 'cuda' | 'webgpu';

/** The provider that `executionProviders` chooses for a device. */
export function providerName(device: string): ProviderName {
  const [provider] = executionProviders(device);
  const name = typeof provider === 'string' ? provider : provider?.name;
  return name === 'cuda' || name === 'webgpu' ? name : 'cpu';
}

/** The runtime's list for a device: `auto` is CUDA where its provider library is installed, else the CPU. */
export function executionProviders(device: string): Provider[] {
  if (!deviceSchema.safeParse(device).success) {
    throw new EngineError('CONFIG_INVALID', `Unknown device "${device}": use auto, cpu, cuda, cuda:N or webgpu.`);
  }
  if (device === 'cpu' || (device === 'auto' && !hasCuda())) return ['cpu'];
  if (device === 'webgpu') return ['webgpu'];
  if (!hasCuda()) {
    throw new EngineError(
      'DEVICE_UNAVAILABLE',
      `Device "${device}" needs ONNX Runtime's CUDA libraries, which are not installed: ` +
        'run `npm run install:gpu` (Linux on x64), or use --device cpu.',
    );
  }
  return [{ name: 'cuda', deviceId: Number(device.split(':')[1] ?? 0) }];
}

/** True where the CUDA provider library lies beside the runtime. */
export function hasCuda(): boolean {
  return existsSync(cudaProviderFile());
}

/** Where ONNX Runtime's installer puts the library of its CUDA provider. */
export function cudaProviderFile(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const folder = join(dirname(entry), 'bin', 'napi-v6', process.platform, process.arch);
  return join(folder, 'libonnxruntime_providers_cuda.so');
}

/** What to do where a session did not open because of its provider, or null where that was not the reason. */
export function describeProviderFailure(message: string): EngineError | null {
  if (/Failed to load shared library|CUDA driver|CUDA failure|no CUDA-capable device/i.test(message)) {
    return new EngineError(
      'DEVICE_UNAVAILABLE',
      "ONNX Runtime's CUDA provider does not start: the NVIDIA driver, CUDA 12 or cuDNN 9 is missing or does not fit. " +
        `\`npm run install:gpu\` says which; or use --device cpu. (${firstLine(message)})`,
    );
  }
  if (/WebGPU|wgpu|no available backend found.*webgpu/i.test(message)) {
    return new EngineError(
      'DEVICE_UNAVAILABLE',
      'Device "webgpu", which is experimental, finds no adapter here: install a Vulkan driver (on Linux libvulkan1 ' +
        `and your card's), or use --device cpu. (${firstLine(message)})`,
    );
  }
  return null;
}

/** The runtime's messages begin with a place in its source, which tells people nothing. */
function firstLine(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replace(/^.* was false\. /, '').trim();
}
