'use client';
import { useTranslations } from 'next-intl';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { pageTools, sayTools, type Tool, toolIcons } from './toolbar.ts';

interface MoreDialogProps {
  offers: (tool: Tool) => boolean;
  onAct: (tool: Tool) => void;
  onClose: () => void;
}

/** On a small screen: what the bar has no room for, large enough for a thumb. */
export function MoreDialog({ offers, onAct, onClose }: MoreDialogProps) {
  const t = useTranslations('label');
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('more')}>
      <div className="grid grid-cols-2 gap-2">
        {[...sayTools, ...pageTools].filter(offers).map((tool) => {
          const Icon = toolIcons[tool];
          return (
            <Button
              key={tool}
              className="h-12 justify-start"
              onClick={() => {
                onClose();
                onAct(tool);
              }}
            >
              <Icon aria-hidden className="size-4" />
              {t(`action.${tool}.name`)}
            </Button>
          );
        })}
      </div>
    </Dialog>
  );
}
