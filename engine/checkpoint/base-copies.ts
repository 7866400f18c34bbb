// Beside an adapter of the embedding or the head peft also saves the base's own matrix, and puts it into the base when it
// loads the folder. Here the base stays as it is, so that the copy must say what the base says.
import { embeddingModule, headModule } from '../models/lora.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readTensor, type StoredTensor } from './safetensors.ts';

const pieceElements = 2 ** 20;

/** The module of which a tensor is such a copy, by its name below peft's prefix. */
export function copiedModule(name: string): string | null {
  return [embeddingModule, headModule].find((module) => name === `${module}.base_layer.weight`) ?? null;
}

/** Whether a copy in the adapter's folder has the numbers of the base's matrix, piece by piece. */
export async function isOfBase(
  folder: string,
  copy: StoredTensor,
  module: string,
  base: Pick<Checkpoint, 'folder' | 'tensors' | 'shapes'>,
): Promise<boolean> {
  const isOwn = base.shapes.has(`${module}.weight`); // else the head is the embedding
  const own = base.tensors.get(`${isOwn ? module : embeddingModule}.weight`);
  if (!own || String(own.shape) !== String(copy.shape)) return false;
  const elements = own.shape.reduce((product, dim) => product * dim, 1);
  for (let start = 0; start < elements; start += pieceElements) {
    const count = Math.min(pieceElements, elements - start);
    const piece = (tensor: StoredTensor): StoredTensor => {
      const width = tensor.length / elements;
      return { ...tensor, offset: tensor.offset + start * width, length: count * width };
    };
    const [theirs, ours] = [await readTensor(folder, piece(copy)), await readTensor(base.folder, piece(own))];
    if (theirs.some((value, i) => value !== ours[i])) return false;
  }
  return true;
}
