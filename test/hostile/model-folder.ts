// A copy of a sound model folder, and the ways in which its files are changed for the worse.
import { cp, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../engine/random.ts';

const fixtures = fileURLToPath(new URL('../../engine/fixtures', import.meta.url));
export const soundModel = join(fixtures, 'llama');
const soundAdapter = join(fixtures, 'llama-adapter');

export interface HostileCase {
  name: string;
  /** Whether it must be refused, must work, or may do either: a cut comment harms nobody. */
  outcome: 'refused' | 'works' | 'either';
  /** Whether it is the adapter, in `adapter/`, that is hostile. */
  usesAdapter?: boolean;
  spoil(folder: string, random: Random): Promise<void>;
}

export type Json = Record<string, unknown>;
export type Header = Record<string, { dtype: unknown; shape: unknown; data_offsets: unknown } | unknown>;
/** A tensor's entry as the fixtures have it. */
export interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

export async function copyModel(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(soundModel, folder, { recursive: true });
  await cp(soundAdapter, join(folder, 'adapter'), { recursive: true });
}

export const readJson = async (path: string): Promise<Json> => JSON.parse(await readFile(path, 'utf8')) as Json;

export async function editJson(path: string, edit: (value: Json) => unknown): Promise<void> {
  const value = await readJson(path);
  await writeFile(path, JSON.stringify(edit(value) ?? value));
}

export interface Weights {
  header: Record<string, Entry>;
  data: Buffer;
}

export async function readWeights(path: string): Promise<Weights> {
  const bytes = await readFile(path);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(bytes.subarray(8, end).toString('utf8')) as Record<string, Entry>;
  return { header, data: bytes.subarray(end) };
}

export async function writeWeights(
  path: string,
  header: unknown,
  data: Uint8Array,
  headerLength?: bigint,
): Promise<void> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(headerLength ?? BigInt(json.length));
  await writeFile(path, Buffer.concat([prefix, json, data]));
}

export async function editHeader(path: string, edit: (header: Record<string, Entry>) => unknown): Promise<void> {
  const { header, data } = await readWeights(path);
  await writeWeights(path, edit(header) ?? header, data);
}

/** Leaves the first part of a file. */
export async function cut(path: string, share: number): Promise<void> {
  const { length } = await readFile(path);
  await truncate(path, Math.floor(length * share));
}

export async function replaceByLink(path: string, target: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}

export async function replaceByFolder(path: string): Promise<void> {
  await rm(path, { force: true });
  await mkdir(path);
}

/** A few letters and digits exchanged for others in the first part of a file, so that it mostly still parses. */
export async function scribble(path: string, random: Random, within: number): Promise<void> {
  const bytes = await readFile(path);
  for (let i = 0; i < 6; i++) {
    const place = Math.floor(random.uniform() * Math.min(within, bytes.length));
    const character = bytes[place] ?? 0;
    if (character >= 0x30 && character <= 0x39) bytes[place] = 0x30 + Math.floor(random.uniform() * 10);
    else if (character >= 0x61 && character <= 0x7a) bytes[place] = 0x61 + Math.floor(random.uniform() * 26);
  }
  await writeFile(path, bytes);
}

/** A few bytes of any kind, anywhere. */
export async function corrupt(path: string, random: Random): Promise<void> {
  const bytes = await readFile(path);
  for (let i = 0; i < 4; i++) bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
  await writeFile(path, bytes);
}

export const pick = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random.uniform() * items.length)] as T;

export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
