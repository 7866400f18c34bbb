// Dropout on what an adapter reads (Hu et al. 2021; PEFT's lora_dropout): lora_B lora_A (x mask / (1 - p)), a mask of its
// own for each module. Masks are inputs of the graph, so that they are known wherever a forward is computed again.
import type { GraphBuilder, Value } from '../graph/builder.ts';
import type { LoraSource } from './lora.ts';

export const dropoutName = (module: string) => `${module}.lora_dropout`;
export const dropoutScaleName = 'lora_dropout_scale';

/** Adds the inputs `<module>.lora_dropout` bool, of the shape of what the module reads, and `lora_dropout_scale` []. */
export function withDropout(g: GraphBuilder, source: LoraSource): LoraSource {
  const scale = g.input(dropoutScaleName, 'float32', []);
  const masks = new Map<string, Value>();
  return (module) => {
    const adapter = source(module);
    if (!adapter) return null;
    const drop = (x: Value) => {
      const mask = masks.get(module) ?? g.input(dropoutName(module), 'bool', x.shape);
      masks.set(module, mask);
      return g.mul(x, g.mul(g.cast(mask, x.dtype), g.cast(scale, x.dtype)));
    };
    return { ...adapter, drop };
  };
}
