import { type ComponentType, lazy } from 'react';

/** A component that is loaded when it is first shown. What cannot be loaded (no connection) gives way to `plain`. */
export function lazyOr<Props>(load: () => Promise<ComponentType<Props>>, plain: ComponentType<Props>) {
  return lazy(async () => ({ default: await load().catch(() => plain) }));
}
