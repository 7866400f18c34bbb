'use client';
import { Direction } from 'radix-ui';

/** Tells Radix's menus, tabs and sliders which way the arrow keys go. */
export const DirectionProvider = Direction.Provider;
