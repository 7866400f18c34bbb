// Text with the characters that would deceive a reader made visible: those that turn the order of what follows round,
// and control characters. They are shown by their code point, and have no effect.
import { Fragment, type ReactNode } from 'react';

const deceptive = /([\u202a-\u202e\u2066-\u2069]|(?![\n\t])\p{Cc})/u;

export function visibleText(text: string): ReactNode {
  const parts = text.split(deceptive);
  if (parts.length === 1) return text;
  // Every second part is a character that was split at. Parts never move: their place is their key.
  return parts.map((part, place) => {
    const key = `${place}`;
    return place % 2 === 1 ? <CodePoint key={key} character={part} /> : <Fragment key={key}>{part}</Fragment>;
  });
}

function CodePoint({ character }: { character: string }) {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return (
    <bdi className="rounded border border-warn/60 bg-warn-soft px-0.5 font-mono text-[0.75em] text-warn">U+{code}</bdi>
  );
}
