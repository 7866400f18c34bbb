'use client';
// What was asked and what was answered, as it is read here. Drawn once a task: nothing that a key does touches it.
import { memo } from 'react';
import type { ChatMessage } from '../../../../engine/ports.ts';
import { Messages, PlainText } from '../../../_ui/messages.tsx';

export const PromptText = memo(function PromptText({ prompt }: { prompt: ChatMessage[] }) {
  return <Messages messages={prompt} size="reading" />;
});

export const ResponseText = memo(function ResponseText({ text }: { text: string }) {
  return <PlainText text={text} />;
});

export const TextDifference = memo(function TextDifference({ before, after }: { before: string; after: string }) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <PlainText text={before} />
      <PlainText text={after} />
    </div>
  );
});

export const GuidelineText = memo(function GuidelineText({ text }: { text: string }) {
  return <PlainText text={text} />;
});
