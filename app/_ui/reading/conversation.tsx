'use client';
// A prompt's turns, each with who says it. The last one is what is answered, and stands out; a long earlier one is
// folded under its first line, with its length, until it is wanted.
import { useTranslations } from 'next-intl';
import { memo, type ReactNode, useState } from 'react';
import { wordsOf } from '../../../domain/text-metrics.ts';
import type { ChatMessage } from '../../../engine/ports.ts';
import { cx } from '../cx.ts';
import type { HeadingLevel } from './props.ts';
import { Reading } from './reading.tsx';
import { visibleText } from './visible-text.tsx';

const knownRoles = ['system', 'user', 'assistant', 'tool'] as const;
type KnownRole = (typeof knownRoles)[number];

/** Earlier turns of more characters are folded. */
const longTurn = 600;
const beginning = 120;

function isKnown(role: string): role is KnownRole {
  return (knownRoles as readonly string[]).includes(role);
}

interface ConversationProps {
  messages: readonly ChatMessage[];
  /** One below the heading that the conversation stands under. */
  headings?: HeadingLevel;
}

export const Conversation = memo(function Conversation({ messages, headings = 3 }: ConversationProps) {
  // Turns have no ids and never move: their place is their key.
  const turns = messages.map((message, place) => ({ ...message, key: `${place}` }));
  return (
    <div className="flex flex-col gap-3">
      {turns.map(({ key, role, content }, place) => {
        const isLast = place === turns.length - 1;
        return (
          <Turn key={key} role={role} isLast={isLast}>
            {!isLast && content.length > longTurn ? (
              <FoldedTurn text={content} headings={headings} />
            ) : (
              <Reading text={content} headings={headings} className={isLast ? 'text-[1.0625rem]' : 'text-muted'} />
            )}
          </Turn>
        );
      })}
    </div>
  );
});

function Turn({ role, isLast, children }: { role: string; isLast: boolean; children: ReactNode }) {
  const t = useTranslations('roles');
  return (
    <div className={cx('min-w-0 border-s-2 ps-3', isLast ? 'border-accent' : 'border-line')}>
      <p className="mb-0.5 font-medium text-faint text-xs">{isKnown(role) ? t(role) : visibleText(role)}</p>
      {children}
    </div>
  );
}

/** Says how much there is to read; the whole turn is one key press away. */
function FoldedTurn({ text, headings }: { text: string; headings: HeadingLevel }) {
  const t = useTranslations('reading.turn');
  const [isOpen, setOpen] = useState(false);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer rounded-control text-muted">
        <span className="font-medium text-accent-text">
          {t(isOpen ? 'fold' : 'unfold', { words: wordsOf(text).length })}
        </span>
        {!isOpen && <bdi className="ms-2">{visibleText(`${text.slice(0, beginning).trim()} …`)}</bdi>}
      </summary>
      {isOpen && <Reading text={text} headings={headings} className="mt-2 text-muted" />}
    </details>
  );
}
