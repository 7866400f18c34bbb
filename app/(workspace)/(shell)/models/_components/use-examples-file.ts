'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { parseJsonLines, sftRowSchema } from '../../../../../domain/formats.ts';
import { mostSftText } from '../../../../../domain/sft.ts';
import { useBytes } from './use-bytes.ts';

export type ExamplesFile =
  | { state: 'none' | 'reading' }
  | { state: 'refused'; problem: string }
  | { state: 'read'; name: string; text: string; count: number };

/** A file of examples, read and checked line by line as soon as it is chosen, as the server will do once more. */
export function useExamplesFile(): [ExamplesFile, (file: File | undefined) => Promise<void>] {
  const t = useTranslations('models.sft');
  const bytes = useBytes();
  const [examples, setExamples] = useState<ExamplesFile>({ state: 'none' });

  async function read(file: File): Promise<ExamplesFile> {
    const refused = (problem: string): ExamplesFile => ({ state: 'refused', problem });
    if (file.size > mostSftText) return refused(t('tooLarge', { file: file.name, size: bytes(mostSftText) }));
    const text = await file.text().catch(() => null);
    if (text === null) return refused(t('unreadable', { file: file.name }));
    try {
      const count = parseJsonLines(sftRowSchema, text, file.name).length;
      return count > 0 ? { state: 'read', name: file.name, text, count } : refused(t('noLine', { file: file.name }));
    } catch (error) {
      return refused(error instanceof Error ? error.message : String(error));
    }
  }

  async function choose(file: File | undefined): Promise<void> {
    setExamples({ state: file ? 'reading' : 'none' });
    if (file) setExamples(await read(file));
  }
  return [examples, choose];
}
