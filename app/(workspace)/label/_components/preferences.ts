// How a person likes the label page: their keys, their layout, whether columns scroll together. Kept in their browser.
import { useMemo } from 'react';
import { changedKeys, defaultKeys, type KeyMap, readKeyMap } from '../../../../domain/label-keys.ts';
import { type Layout, layouts } from '../../../../domain/label-settings.ts';
import { createBrowserStore, useBrowserStore } from './browser-store.ts';

export interface Preferences {
  keys: KeyMap;
  /** Null: as the project has it. */
  layout: Layout | null;
  scrollsTogether: boolean;
}

const defaults: Preferences = { keys: defaultKeys, layout: null, scrollsTogether: true };

function readPreferences(stored: unknown): Preferences {
  if (typeof stored !== 'object' || stored === null) return defaults;
  const { keys, layout, scrollsTogether } = stored as Partial<Record<keyof Preferences, unknown>>;
  return {
    keys: readKeyMap(keys),
    layout: layouts.find((one) => one === layout) ?? null,
    scrollsTogether: scrollsTogether !== false,
  };
}

export function usePreferences(userId: string) {
  const store = useMemo(() => createBrowserStore(`rankloop.desk.${userId}`, readPreferences), [userId]);
  const preferences = useBrowserStore(store, defaults);
  return useMemo(
    () => ({
      preferences,
      change(changes: Partial<Preferences>) {
        const next = { ...store.get(), ...changes };
        // Only the keys that differ are written, so that a new default reaches everybody.
        store.set({ ...next, keys: { ...defaultKeys, ...changedKeys(next.keys) } });
      },
    }),
    [store, preferences],
  );
}
