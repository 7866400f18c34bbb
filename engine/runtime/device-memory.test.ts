import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hostMemory, parseCudaMemory, readDeviceMemory, readGroupLimits, within } from './device-memory.ts';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A folder that stands for `/`, with the kernel's files in it. */
function machine(files: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'rankloop-groups-'));
  roots.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

describe('limits of control groups', () => {
  it('reads version 2 at every level, without the page cache', () => {
    const root = machine({
      'proc/self/cgroup': '0::/pod/app\n',
      'sys/fs/cgroup/pod/memory.max': '4000\n',
      'sys/fs/cgroup/pod/memory.current': '1000\n',
      'sys/fs/cgroup/pod/app/memory.max': 'max\n',
      'sys/fs/cgroup/pod/app/memory.current': '700\n',
      'sys/fs/cgroup/pod/memory.stat': 'anon 500\ninactive_file 300\n',
    });
    expect(readGroupLimits(root)).toEqual([{ limit: 4000, used: 700 }]);
  });

  it("reads version 1, and the mount itself where the path is the host's", () => {
    const root = machine({
      'proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/docker/abc\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '2048\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '1024\n',
      'sys/fs/cgroup/memory/memory.stat': 'total_inactive_file 24\n',
    });
    expect(readGroupLimits(root)).toEqual([{ limit: 2048, used: 1000 }]);
  });

  it('finds none where the system has none', () => {
    expect(readGroupLimits(machine({}))).toEqual([]);
  });

  it('takes the narrowest of the machine and its limits, never less than nothing', () => {
    const free = { freeBytes: 900, totalBytes: 1000 };
    expect(within(free, [])).toEqual(free);
    expect(within(free, [{ limit: 500, used: 100 }])).toEqual({ freeBytes: 400, totalBytes: 500 });
    expect(within(free, [{ limit: 500, used: 600 }]).freeBytes).toBe(0);
  });
});

describe('a device', () => {
  it('has memory on this machine', async () => {
    const { freeBytes, totalBytes } = hostMemory();
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
    expect(await readDeviceMemory('cpu')).toMatchObject({ kind: 'cpu', name: 'CPU', totalBytes });
  });

  it('is read from what nvidia-smi says', () => {
    expect(parseCudaMemory('142871, 143771, NVIDIA H200\n')).toEqual({
      kind: 'cuda',
      name: 'NVIDIA H200',
      freeBytes: 142871 * 2 ** 20,
      totalBytes: 143771 * 2 ** 20,
    });
    expect(() => parseCudaMemory('No devices were found')).toThrow('unexpected answer');
  });
});
