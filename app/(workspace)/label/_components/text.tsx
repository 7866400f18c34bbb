'use client';
// What was asked and what was answered, as it is read here. Drawn once a task: nothing that a key does touches it.
import dynamic from 'next/dynamic';
import { memo } from 'react';
import type { ChatMessage } from '../../../../engine/ports.ts';
import { Conversation } from '../../../_ui/reading/conversation.tsx';
import { Reading } from '../../../_ui/reading/reading.tsx';

export const PromptText = memo(function PromptText({ prompt }: { prompt: ChatMessage[] }) {
  return <Conversation messages={prompt} />;
});

export const ResponseText = memo(function ResponseText({ text }: { text: string }) {
  return <Reading text={text} />;
});

export const TextDifference = dynamic(() =>
  import('../../../_ui/reading/word-diff.tsx').then((module) => module.WordDiff),
);
