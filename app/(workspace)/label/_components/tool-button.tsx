'use client';
// A button for one of the page's actions, with its key. Small ones show their picture alone where room is short.
import { useTranslations } from 'next-intl';
import { Button, type ButtonProps } from '../../../_ui/button.tsx';
import { cx } from '../../../_ui/cx.ts';
import { useKeyLabel } from './keys-context.tsx';
import { pointingTools, type Tool, toolIcons } from './toolbar.ts';

interface ToolButtonProps extends Omit<ButtonProps, 'onClick' | 'children'> {
  tool: Tool;
  onAct: (tool: Tool) => void;
  /** Words from this width on; `never` leaves them to the tooltip. */
  words?: 'always' | 'wide' | 'never';
}

const wordsClass = { always: '', wide: 'max-lg:hidden', never: 'sr-only' } as const;

export function ToolButton({ tool, onAct, words = 'always', className, ...rest }: ToolButtonProps) {
  const t = useTranslations('label.action');
  const key = useKeyLabel(tool);
  const Icon = toolIcons[tool];
  const label = t(`${tool}.name`);
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-label={label}
      title={`${label} (${key})`}
      {...rest}
      onClick={(event) => {
        // After a click the keys are the page's again: Enter submits.
        if (event.detail > 0) event.currentTarget.blur();
        onAct(tool);
      }}
      shortcut={key}
      className={cx(
        'pointer-coarse:h-11 pointer-coarse:min-w-11',
        rest['aria-pressed'] === true && 'border-accent bg-accent-soft text-accent-text',
        className,
      )}
    >
      <Icon
        aria-hidden
        className={cx('size-4', words === 'always' && 'hidden', pointingTools.has(tool) && 'rtl:-scale-x-100')}
      />
      <span className={wordsClass[words]}>{label}</span>
    </Button>
  );
}
