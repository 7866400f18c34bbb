// How much memory a device has, in bytes: this machine's (a container's limit counted) or an NVIDIA card's.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { deviceSchema } from '../config.ts';
import { EngineError, reasonOf } from '../errors.ts';
import { hasCuda } from './provider.ts';

export interface DeviceMemory {
  /** Where weights and caches lie: the machine's memory or a card's own. */
  kind: 'cpu' | 'cuda';
  /** A card's name, else `CPU`. */
  name: string;
  /** Bytes that a process may take now, without others giving any back. */
  freeBytes: number;
  /** Bytes that there are, or that this process is allowed. */
  totalBytes: number;
}

/** The memory of a device as `--device` names it. Throws DEVICE_UNAVAILABLE where a card cannot be asked. */
export async function readDeviceMemory(device: string): Promise<DeviceMemory> {
  const known = deviceSchema.parse(device);
  if (known.startsWith('cuda') || (known === 'auto' && hasCuda())) {
    return readCudaMemory(Number(known.split(':')[1] ?? 0));
  }
  return { kind: 'cpu', name: 'CPU', ...hostMemory() };
}

/** What this process may take of the machine's memory: what is free, within the limits of its control groups. */
export function hostMemory(): Pick<DeviceMemory, 'freeBytes' | 'totalBytes'> {
  return within({ freeBytes: freemem(), totalBytes: totalmem() }, readGroupLimits('/'));
}

interface GroupLimit {
  limit: number;
  /** Page cache that the kernel would give back is not counted. */
  used: number;
}

export function within(
  machine: Pick<DeviceMemory, 'freeBytes' | 'totalBytes'>,
  limits: readonly GroupLimit[],
): Pick<DeviceMemory, 'freeBytes' | 'totalBytes'> {
  return {
    freeBytes: Math.min(machine.freeBytes, ...limits.map(({ limit, used }) => Math.max(0, limit - used))),
    totalBytes: Math.min(machine.totalBytes, ...limits.map(({ limit }) => limit)),
  };
}

/** Version 2 has one tree, version 1 one per controller (docs.kernel.org, admin-guide/cgroup-v2 and cgroup-v1/memory). */
const groupVersions = [
  {
    line: /^0::(.*)$/m,
    mount: 'sys/fs/cgroup',
    limit: 'memory.max',
    used: 'memory.current',
    cache: /^inactive_file (\d+)$/m,
  },
  {
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m,
    mount: 'sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    cache: /^total_inactive_file (\d+)$/m,
  },
];

/** The memory limits of this process's control group and of every group above it. `root` holds `proc` and `sys`. */
export function readGroupLimits(root: string): GroupLimit[] {
  const groups = readText(path.join(root, 'proc/self/cgroup')) ?? '';
  return groupVersions.flatMap((version) => {
    const group = version.line.exec(groups)?.[1];
    if (group === undefined) return [];
    // Inside a container the path may be the host's, and not be there: its own group is then the mount itself.
    return selfAndParents(group).flatMap((at) => {
      const folder = path.join(root, version.mount, at);
      const limit = readNumber(path.join(folder, version.limit));
      const used = readNumber(path.join(folder, version.used));
      if (limit === null || used === null) return [];
      const cache = Number(version.cache.exec(readText(path.join(folder, 'memory.stat')) ?? '')?.[1] ?? 0);
      return [{ limit, used: used - cache }];
    });
  });
}

function selfAndParents(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, depth) => parts.slice(0, parts.length - depth).join('/'));
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** null for `max`, for no number and for no file. */
function readNumber(file: string): number | null {
  const text = readText(file)?.trim();
  return text && /^\d+$/.test(text) ? Number(text) : null;
}

async function readCudaMemory(index: number): Promise<DeviceMemory> {
  const visible = process.env.CUDA_VISIBLE_DEVICES?.split(',').map((entry) => entry.trim());
  const card = visible?.[index] || String(index);
  const query = ['--query-gpu=memory.free,memory.total,name', '--format=csv,noheader,nounits', '-i', card];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 });
    return parseCudaMemory(stdout);
  } catch (error) {
    throw new EngineError(
      'DEVICE_UNAVAILABLE',
      `The memory of CUDA device ${card} cannot be read (nvidia-smi: ${reasonOf(error).split('\n')[0]}): check its driver.`,
      { cause: error },
    );
  }
}

/** A line of `nvidia-smi --query-gpu=memory.free,memory.total,name`, whose sizes are in MiB. */
export function parseCudaMemory(line: string): DeviceMemory {
  const [, free, total, name] = /^\s*(\d+),\s*(\d+),\s*(.+?)\s*$/m.exec(line) ?? [];
  if (!free || !total || !name) throw new Error(`unexpected answer "${line.trim().slice(0, 100)}"`);
  return { kind: 'cuda', name, freeBytes: Number(free) * 2 ** 20, totalBytes: Number(total) * 2 ** 20 };
}
