'use client';
// A prompt's messages as plain text, each with who says it. Their direction follows their own script.
import { useTranslations } from 'next-intl';
import type { ChatMessage } from '../../engine/ports.ts';
import { cx } from './cx.ts';

const knownRoles = ['system', 'user', 'assistant', 'tool'] as const;
type KnownRole = (typeof knownRoles)[number];

function isKnown(role: string): role is KnownRole {
  return (knownRoles as readonly string[]).includes(role);
}

/** Messages have no ids and never move: their place is their key. */
function withKeys(messages: ChatMessage[]) {
  return messages.map((message, place) => ({ ...message, key: String(place) }));
}

export function Messages({ messages, size = 'small' }: { messages: ChatMessage[]; size?: 'small' | 'reading' }) {
  const t = useTranslations('roles');
  return (
    <div className="flex flex-col gap-3">
      {withKeys(messages).map(({ key, ...message }) => (
        <div key={key} className="min-w-0">
          <p className="font-medium text-faint text-xs">{isKnown(message.role) ? t(message.role) : message.role}</p>
          <PlainText text={message.content} className={size === 'reading' ? 'text-[1.0625rem] font-medium' : ''} />
        </div>
      ))}
    </div>
  );
}

/** Text that somebody else wrote: white space kept, direction from its first strong letter, never markup. */
export function PlainText({ text, className }: { text: string; className?: string }) {
  return (
    <p dir="auto" className={cx('reading', className)}>
      {text}
    </p>
  );
}
