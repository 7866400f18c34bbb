// Reads config.json, as transformers 4 and 5 write it, into the few numbers that a graph needs.
// A field that changes the computation and that we do not know is refused by name, never ignored (config-family.ts).
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { ConfigIssue, describeIssue, tokenIds } from './config-family.ts';
import { familyConfigs } from './family-configs.ts';
import { fileLimits, readModelJson } from './files.ts';
import type { Architecture, ModelConfig } from './model-config.ts';
import { exists } from './safetensors.ts';
import { quoted } from './words.ts';

/** Reads a model folder's config.json (and generation_config.json for the end-of-sequence ids). */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const path = join(folder, 'config.json');
  const raw = await readModelJson(path, 'CHECKPOINT_INVALID', fileLimits.config);
  const architectures = z.object({ architectures: z.array(z.string()).min(1) }).safeParse(raw);
  if (!architectures.success) throw unsupported(path, 'it names no architecture');
  const [architecture = ''] = architectures.data.architectures;
  if (!isKnown(architecture)) {
    const known = Object.keys(familyConfigs).join(', ');
    throw unsupported(path, `architecture ${quoted(architecture, 40)} is not supported (these are: ${known})`);
  }
  const config = parseConfig(architecture, raw, path);
  const generationEos = await readGenerationEos(folder);
  return generationEos.length > 0 ? { ...config, eosTokenIds: generationEos } : config;
}

function parseConfig(architecture: Architecture, raw: unknown, path: string): ModelConfig {
  try {
    const config = familyConfigs[architecture](raw);
    if (config instanceof z.ZodError) throw new ConfigIssue(describeIssue(config, raw));
    return config;
  } catch (error) {
    throw error instanceof ConfigIssue ? unsupported(path, error.message) : error;
  }
}

async function readGenerationEos(folder: string): Promise<number[]> {
  const path = join(folder, 'generation_config.json');
  if (!(await exists(path))) return [];
  const stated = await readModelJson(path, 'CHECKPOINT_INVALID', fileLimits.config);
  const parsed = z.looseObject({ eos_token_id: tokenIds.default([]) }).safeParse(stated);
  if (!parsed.success)
    throw new EngineError('CHECKPOINT_INVALID', `${path}: eos_token_id must be an id or a list of at most 64 ids.`);
  return parsed.data.eos_token_id;
}

const isKnown = (name: string): name is Architecture => Object.hasOwn(familyConfigs, name);

const unsupported = (path: string, what: string) => new EngineError('CHECKPOINT_UNSUPPORTED', `${path}: ${what}.`);
