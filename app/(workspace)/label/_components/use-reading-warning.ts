// Whether a task was ranked sooner than its texts can be read: said once a task, in words, and nothing is blocked.
import { useRef } from 'react';
import type { LabelSettings } from '../../../../domain/label-settings.ts';
import { readingTimeMs } from '../../../../domain/reading-time.ts';
import type { DeskTask } from './task.ts';

export function useReadingWarning({ readingSpeed }: LabelSettings) {
  const warned = useRef<string | null>(null);

  return {
    /** True once a task, where it should be said. A task that was read before is known. */
    shouldWarn(task: DeskTask, activeMs: number): boolean {
      if (readingSpeed === null || task.annotation || warned.current === task.key) return false;
      const texts = [...task.prompt.map(({ content }) => content), ...task.responses.map(({ text }) => text)];
      if (activeMs >= readingTimeMs(texts, readingSpeed)) return false;
      warned.current = task.key;
      return true;
    },
  };
}
