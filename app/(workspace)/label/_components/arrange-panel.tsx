'use client';
// The ranking as a list to drag in, by mouse, finger or keyboard: dropped on a tier it ties, between two it goes between.
// Loaded when it is first opened.
import {
  type CollisionDetection,
  closestCenter,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  PointerSensor,
  pointerWithin,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import { GripVertical, X } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { type DraftAction, tiersOf } from '../../../../domain/annotation-draft.ts';
import type { LabelSettings } from '../../../../domain/label-settings.ts';
import { type DropTarget, responseIndices } from '../../../../domain/ranking.ts';
import { Button } from '../../../_ui/button.tsx';
import { cx } from '../../../_ui/cx.ts';
import type { DraftStore } from './draft-store.ts';
import type { DeskTask } from './task.ts';
import { useDraft } from './use-drafts.ts';

interface ArrangePanelProps {
  task: DeskTask;
  store: DraftStore;
  settings: LabelSettings;
  onAct: (action: DraftAction) => void;
  onClose: () => void;
}

/** What the pointer is over; for the keyboard and for gaps, what is nearest. */
const detect: CollisionDetection = (args) => {
  const under = pointerWithin(args);
  return under.length > 0 ? under : closestCenter(args);
};

/** An arrow goes to the next place up or down. */
const toNextPlace: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  const rect = context.collisionRect;
  if (!rect || (event.code !== 'ArrowDown' && event.code !== 'ArrowUp')) return undefined;
  event.preventDefault();
  const middle = rect.top + rect.height / 2;
  const places = [...context.droppableRects.values()].map(({ top, height }) => top + height / 2).sort((a, b) => a - b);
  const next = event.code === 'ArrowDown' ? places.find((y) => y > middle + 2) : places.findLast((y) => y < middle - 2);
  return next === undefined ? undefined : { ...currentCoordinates, y: currentCoordinates.y + next - middle };
};

const idOf = (target: DropTarget) => (target.type === 'out' ? 'out' : `${target.type}-${target.tier}`);

export function ArrangePanel({ task, store, settings, onAct, onClose }: ArrangePanelProps) {
  const t = useTranslations('label.arrange');
  const draft = useDraft(store, task);
  const [dragged, setDragged] = useState<number | null>(null);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: toNextPlace }),
  );
  if (!draft) return null;
  const tiers = tiersOf(draft, settings);
  const placed = new Set(tiers.flat());
  const waiting = responseIndices(task.responses.length).filter((index) => !placed.has(index));

  const where = (target: DropTarget | undefined) => {
    if (!target || target.type === 'out') return t('where.out');
    if (target.type === 'before') return t('where.before', { place: target.tier + 1 });
    return t('where.tie', { responses: (tiers[target.tier] ?? []).map((index) => index + 1).join(', ') });
  };
  const number = (id: string | number) => Number(id) + 1;
  const targetOf = (over: DragEndEvent['over']) => over?.data.current as DropTarget | undefined;
  const announcements = {
    onDragStart: ({ active }: Pick<DragEndEvent, 'active'>) => t('picked', { number: number(active.id) }),
    onDragOver: ({ active, over }: Pick<DragEndEvent, 'active' | 'over'>) =>
      t('over', { number: number(active.id), where: where(targetOf(over)) }),
    onDragEnd: ({ active, over }: Pick<DragEndEvent, 'active' | 'over'>) =>
      t('dropped', { number: number(active.id), where: where(targetOf(over)) }),
    onDragCancel: ({ active }: Pick<DragEndEvent, 'active'>) => t('cancelled', { number: number(active.id) }),
  };
  const chip = (index: number) => <Chip key={index} index={index} text={task.responses[index]?.text ?? ''} />;

  return (
    <section
      aria-label={t('title')}
      data-own-click
      className="border-line border-b bg-sunken lg:w-72 lg:shrink-0 lg:border-e lg:border-b-0"
    >
      <div className="flex flex-col gap-3 p-4 lg:sticky lg:top-0 lg:max-h-[calc(100dvh-7rem)] lg:overflow-y-auto">
        <div className="flex items-center gap-2">
          <h2 className="flex-1 font-semibold">{t('title')}</h2>
          <Button variant="ghost" size="sm" aria-label={t('close')} onClick={onClose} className="px-1.5">
            <X aria-hidden className="size-4" />
          </Button>
        </div>
        <p className="text-[13px] text-muted">{t('text')}</p>
        <DndContext
          sensors={sensors}
          collisionDetection={detect}
          accessibility={{ announcements, screenReaderInstructions: { draggable: t('instructions') } }}
          onDragStart={({ active }) => setDragged(Number(active.id))}
          onDragCancel={() => setDragged(null)}
          onDragEnd={({ active, over }) => {
            setDragged(null);
            const target = targetOf(over);
            if (target) onAct({ type: 'move', index: Number(active.id), to: target });
          }}
        >
          <ol className="flex flex-col">
            {tiers.map((tier, place) => (
              <li key={tier.join()} className="flex flex-col">
                <Gap target={{ type: 'before', tier: place }} />
                <Tier place={place} isTied={tier.length > 1}>
                  {tier.map(chip)}
                </Tier>
              </li>
            ))}
            <li>
              <Gap target={{ type: 'before', tier: tiers.length }} isLast={waiting.length > 0} label={t('dropHere')} />
            </li>
          </ol>
          {waiting.length > 0 && <Waiting label={t('waiting')}>{waiting.map(chip)}</Waiting>}
          <DragOverlay dropAnimation={null}>
            {dragged !== null && <ChipLook index={dragged} text={task.responses[dragged]?.text ?? ''} isLifted />}
          </DragOverlay>
        </DndContext>
      </div>
    </section>
  );
}

function Gap({ target, isLast = false, label }: { target: DropTarget; isLast?: boolean; label?: string }) {
  const { setNodeRef, isOver } = useDroppable({ id: idOf(target), data: target });
  return (
    <div ref={setNodeRef} className={cx('flex items-center', isLast ? 'min-h-12' : 'h-4')}>
      <div
        className={cx(
          'grid w-full place-items-center rounded-control text-[13px] text-faint',
          isLast && 'min-h-10 border border-control/60 border-dashed',
          isOver && (isLast ? 'border-accent bg-accent-soft' : 'h-1 bg-accent'),
        )}
      >
        {isLast && label}
      </div>
    </div>
  );
}

function Tier({ place, isTied, children }: { place: number; isTied: boolean; children: React.ReactNode }) {
  const target = { type: 'tie', tier: place } as const;
  const { setNodeRef, isOver } = useDroppable({ id: idOf(target), data: target });
  return (
    <div
      ref={setNodeRef}
      className={cx(
        'flex flex-col gap-1 rounded-control border p-1',
        isOver ? 'border-accent bg-accent-soft' : isTied ? 'border-control/60' : 'border-transparent',
      )}
    >
      {children}
    </div>
  );
}

function Waiting({ label, children }: { label: string; children: React.ReactNode }) {
  const { setNodeRef, isOver } = useDroppable({ id: 'out', data: { type: 'out' } satisfies DropTarget });
  return (
    <div ref={setNodeRef} className={cx('flex flex-col gap-1 rounded-control p-1', isOver && 'bg-accent-soft')}>
      <p className="text-[13px] text-muted">{label}</p>
      {children}
    </div>
  );
}

function Chip({ index, text }: { index: number; text: string }) {
  const { attributes, listeners, setNodeRef, isDragging } = useDraggable({ id: String(index) });
  return (
    <button
      type="button"
      ref={setNodeRef}
      {...attributes}
      {...listeners}
      className={cx('block w-full cursor-grab touch-none rounded-control text-start', isDragging && 'opacity-40')}
    >
      <ChipLook index={index} text={text} />
    </button>
  );
}

function ChipLook({ index, text, isLifted = false }: { index: number; text: string; isLifted?: boolean }) {
  return (
    <span
      className={cx(
        'flex min-h-11 items-center gap-2 rounded-control border border-line bg-surface px-2',
        isLifted && 'shadow-float',
      )}
    >
      <GripVertical aria-hidden className="size-4 shrink-0 text-faint" />
      <span className="numeric font-mono font-semibold">{index + 1}</span>
      <span dir="auto" className="min-w-0 flex-1 truncate text-muted">
        {text.slice(0, 80)}
      </span>
    </span>
  );
}
