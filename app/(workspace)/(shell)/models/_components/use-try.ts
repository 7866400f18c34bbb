'use client';
// Sends a message to a model and keeps what has come of the answer: it grows, ends, is stopped, or fails.
import { useTranslations } from 'next-intl';
import { useEffect, useRef, useState } from 'react';
import type { TryLine, TryRequest } from '../../../../../server/services/try-model.ts';

export type Answer =
  | { state: 'waiting'; text: '' }
  | { state: 'growing' | 'stopped'; text: string }
  | { state: 'ended'; text: string; end: Extract<TryLine, { type: 'end' }> }
  | { state: 'failed'; text: string; message: string };

export function useTry() {
  const t = useTranslations('errors');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function ask(request: TryRequest): Promise<void> {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const isCurrent = () => running.current === controller;
    setAnswer({ state: 'waiting', text: '' });
    try {
      for await (const line of readAnswer(request, controller.signal)) {
        if (!isCurrent()) return;
        setAnswer((before) => afterLine(before, line));
      }
    } catch (error) {
      if (!isCurrent() || controller.signal.aborted) return;
      // What fetch says of a server that is out of reach is the browser's own, in no language of ours.
      const message =
        error instanceof TypeError ? t('unreachable') : error instanceof Error ? error.message : String(error);
      setAnswer((before) => ({ state: 'failed', text: before?.text ?? '', message }));
    } finally {
      if (isCurrent()) running.current = null;
    }
  }

  function stop(): void {
    running.current?.abort();
    running.current = null;
    setAnswer((before) => before && { state: 'stopped', text: before.text });
  }

  const isRunning = answer?.state === 'waiting' || answer?.state === 'growing';
  return { answer, ask, stop, isRunning };
}

function afterLine(before: Answer | null, line: TryLine): Answer {
  if (line.type === 'text') return { state: 'growing', text: line.text };
  if (line.type === 'end') return { state: 'ended', text: line.text, end: line };
  return { state: 'failed', text: before?.text ?? '', message: line.message };
}

async function* readAnswer(request: TryRequest, signal: AbortSignal): AsyncGenerator<TryLine> {
  const response = await fetch('/api/try', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.ok || !response.body) {
    const { error } = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(error ?? `HTTP ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as TryLine;
  }
}
