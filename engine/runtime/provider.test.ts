// What a missing device is called, with this machine's own runtime where it can be.
import { describe, expect, test } from 'vitest';
import { describeProviderFailure, executionProviders, hasCuda } from './provider.ts';

describe('devices', () => {
  test('become providers', () => {
    expect(executionProviders('cpu')).toEqual(['cpu']);
    expect(executionProviders('webgpu')).toEqual(['webgpu']);
    expect(() => executionProviders('gpu')).toThrow('Unknown device "gpu": use auto, cpu, cuda, cuda:N or webgpu.');
  });

  test.skipIf(hasCuda())('that lack their libraries say what to run', () => {
    expect(executionProviders('auto')).toEqual(['cpu']);
    expect(() => executionProviders('cuda:1')).toThrow(/"cuda:1" needs .* `npm run install:gpu`/);
  });
});

describe('a provider that does not start', () => {
  test('is told of with what to do', () => {
    const cuda = describeProviderFailure(
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    );
    expect(cuda?.code).toBe('DEVICE_UNAVAILABLE');
    expect(cuda?.message).toContain('npm run install:gpu');
    const webgpu = describeProviderFailure(
      'webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize() adapter_result.status == ' +
        'wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n\n',
    );
    expect(webgpu?.message).toContain('finds no adapter here');
    expect(webgpu?.message).toMatch(/\(Failed to get a WebGPU adapter: No supported adapters\)$/);
  });

  test('is not what every failure is', () => {
    expect(describeProviderFailure('External initializer: x offset: 5 is out of bounds')).toBeNull();
  });
});
