// Models: what may be registered, what is known of one, which of a Hub repository's files it needs, and whether it fits.
import { z } from 'zod';
import { AppError } from './errors.ts';

export const modelStatuses = ['registering', 'downloading', 'ready', 'failed'] as const;
export type ModelStatus = (typeof modelStatuses)[number];

/** A folder below the models directory: names with forward slashes, none of them hidden or `..`. */
export const modelFolderSchema = z
  .string()
  .trim()
  .max(400)
  .regex(
    /^[\w-][\w.+-]*(\/[\w-][\w.+-]*)*$/,
    'Give the folder as it is called below the models directory, such as llama or org/llama.',
  );

/** `organisation/name`, or an old model's bare name. */
export const hubIdSchema = z
  .string()
  .trim()
  .max(200)
  .regex(/^([\w-][\w.-]*\/)?[\w-][\w.-]*$/, 'Give the name as the Hub has it: organisation/model.');

/** A branch, a tag or a commit. */
export const hubRevisionSchema = z
  .string()
  .trim()
  .max(200)
  .regex(/^[\w][\w./-]*$/, 'Give a branch, a tag or a commit.')
  .refine((revision) => !revision.includes('..'), 'Give a branch, a tag or a commit.');

/** The Hub's tokens all begin so. */
export const hubTokenSchema = z
  .string()
  .trim()
  .max(500)
  .regex(/^hf_\w+$/, 'A token of the Hub begins with hf_.');

const bytes = z.number().int().min(0);
const deviceKinds = ['cpu', 'cuda'] as const;

/** What the engine saw in a checkpoint. Sizes in bytes. */
export const modelFactsSchema = z.object({
  architecture: z.string(),
  parameters: z.number().int().min(1),
  /** As stored: F32, F16, BF16. */
  dtypes: z.array(z.string()),
  contextLength: z.number().int().min(1),
  hasChatTemplate: z.boolean(),
  weightBytes: bytes,
  /** What sampling needs, by where and how precisely the weights are held, for a usual batch. */
  memory: z.object({
    rows: z.number().int(),
    length: z.number().int(),
    needs: z.array(
      z.object({
        device: z.enum(deviceKinds),
        precision: z.string(),
        weights: bytes,
        kv: bytes,
        reserve: bytes,
        total: bytes,
      }),
    ),
  }),
});
export type ModelFacts = z.infer<typeof modelFactsSchema>;

/** What a worker's device has. */
export const deviceMemorySchema = z.object({
  kind: z.enum(deviceKinds),
  name: z.string(),
  freeBytes: bytes,
  totalBytes: bytes,
});
export type DeviceMemory = z.infer<typeof deviceMemorySchema>;

export type MemoryVerdict = 'fits' | 'tight' | 'too-large';

/** `tight`: the device is large enough, but others must give memory back first. */
export function judgeMemory(
  neededBytes: number,
  { freeBytes, totalBytes }: Pick<DeviceMemory, 'freeBytes' | 'totalBytes'>,
): MemoryVerdict {
  if (neededBytes <= freeBytes) return 'fits';
  return neededBytes <= totalBytes ? 'tight' : 'too-large';
}

/** A file of a Hub repository. `oid` is git's SHA-1 of the blob; `sha256` is there for large files. */
export const hubFileSchema = z.object({
  path: z.string(),
  size: bytes,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
export type HubFile = z.infer<typeof hubFileSchema>;

/** Files that describe a model; weights come apart. */
const descriptive =
  /^(config|generation_config|tokenizer[\w.-]*|special_tokens_map|added_tokens)\.json$|^chat_template(\.jinja|\.json)$/;
const maxDescriptiveBytes = 256 * 2 ** 20;

/** The files that a model needs, smallest first: the descriptive ones at its root and its safetensors weights. */
export function neededFiles(repository: string, files: readonly HubFile[]): HubFile[] {
  const described = files.filter(({ path }) => descriptive.test(path));
  for (const name of ['config.json', 'tokenizer.json']) {
    if (!described.some(({ path }) => path === name)) {
      throw new AppError(
        'HUB_REFUSED',
        `${repository} has no ${name}: choose a transformers model with a fast tokenizer.`,
      );
    }
  }
  const large = described.find(({ size }) => size > maxDescriptiveBytes);
  if (large) throw new AppError('HUB_REFUSED', `${large.path} of ${repository} is too large to be what its name says.`);
  const weights = weightFiles(files);
  if (weights.length === 0) {
    throw new AppError(
      'HUB_REFUSED',
      `${repository} has no safetensors weights: choose a repository or revision that has them (GGUF and .bin are not read).`,
    );
  }
  return [...described, ...weights].toSorted((a, b) => a.size - b.size);
}

function weightFiles(files: readonly HubFile[]): HubFile[] {
  const whole = files.filter(({ path }) => path === 'model.safetensors');
  if (whole.length > 0) return whole;
  const index = files.filter(({ path }) => path === 'model.safetensors.index.json');
  const shards = files.filter(({ path }) => /^model[\w.-]*\.safetensors$/.test(path));
  return index.length > 0 && shards.length > 0 ? [...index, ...shards] : [];
}
