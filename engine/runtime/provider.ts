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
        'run `node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`, or use --device cpu.',
    );
  }
  return [{ name: 'cuda', deviceId: Number(device.split(':')[1] ?? 0) }];
}

/** True where the CUDA provider library lies beside the runtime. */
export function hasCuda(): boolean {
  return existsSync(join(runtimeFolder(), 'libonnxruntime_providers_cuda.so'));
}

function runtimeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return join(dirname(entry), 'bin', 'napi-v6', process.platform, process.arch);
}
