'use client';
// The keys as they are mapped now, for whatever shows a hint.
import { createContext, use } from 'react';
import { defaultKeys, type KeyMap, keyLabel, type LabelAction } from '../../../../domain/label-keys.ts';

export const KeysContext = createContext<KeyMap>(defaultKeys);

export function useKeyLabel(action: LabelAction): string {
  return keyLabel(use(KeysContext)[action]);
}
