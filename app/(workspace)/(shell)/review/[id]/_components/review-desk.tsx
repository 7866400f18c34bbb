'use client';
// The task with what was said of it, and the reviewer's own ranking as it is typed.
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useRef, useState } from 'react';
import { emptyRanking, isComplete, pressKey, type RankingKey, toTiers } from '../../../../../../domain/ranking.ts';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { Card } from '../../../../../_ui/page.tsx';
import { Conversation } from '../../../../../_ui/reading/conversation.tsx';
import { toast } from '../../../../../_ui/toast.ts';
import { AnnotationCard } from './annotation-card.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { Disputed } from './disputed.tsx';
import { History } from './history.tsx';
import { PlacementsTable } from './placements-table.tsx';
import { ResponseCards } from './response-cards.tsx';
import { Skips } from './skips.tsx';
import type { ReviewTask } from './task.ts';
import { useDecisions } from './use-decisions.ts';
import { useReviewKeys } from './use-review-keys.ts';

const ReturnDialog = dynamic(() => import('./return-dialog.tsx').then((module) => module.ReturnDialog));
const GoldDialog = dynamic(() => import('./gold-dialog.tsx').then((module) => module.GoldDialog));

interface ReviewDeskProps {
  task: ReviewTask;
  /** Dealt with. */
  onDone: () => void;
}

export function ReviewDesk({ task, onDone }: ReviewDeskProps) {
  const t = useTranslations('review');
  const { project } = useWorkspace();
  const [draft, setDraft] = useState(() => emptyRanking(task.responses.length));
  const [note, setNote] = useState('');
  const [dialog, setDialog] = useState<'return' | 'gold' | null>(null);
  const [submissionId] = useState(() => crypto.randomUUID());
  const noteField = useRef<HTMLTextAreaElement>(null);
  const { accept, adjudicate, giveBack } = useDecisions(onDone);
  const about = { projectId: project.id, taskId: task.taskId };
  const isBusy = accept.isPending || adjudicate.isPending || giveBack.isPending;
  const drafted = toTiers(draft).map((tier) => tier.flatMap((index) => task.responses[index]?.id ?? []));
  const canReturn = task.annotations.some(({ hasAccount }) => hasAccount) && !task.adjudication;
  const isAdmin = project.role === 'admin';

  const rank = (key: RankingKey) => setDraft((now) => pressKey(now, key));
  const decide = {
    accept: () => !isBusy && accept.mutate({ ...about, note: note.trim() }),
    adjudicate: () => {
      if (isBusy || task.gold || !isComplete(draft)) return;
      if (note.trim() === '') noteField.current?.focus();
      else adjudicate.mutate({ ...about, submissionId, tiers: drafted, note: note.trim() });
    },
    gold: () => {
      if (isComplete(draft) || task.gold || task.adjudication) setDialog('gold');
      else toast(t('action.needsRanking'));
    },
  };

  useReviewKeys({
    isActive: dialog === null,
    rank,
    actions: {
      accept: decide.accept,
      return: () => canReturn && setDialog('return'),
      ...(isAdmin ? { gold: decide.gold } : {}),
      note: () => noteField.current?.focus(),
      clear: () => rank({ type: 'clear' }),
    },
  });

  return (
    <div className="flex flex-col gap-6">
      <Card>
        <h2 className="sr-only">{t('task.prompt')}</h2>
        <Conversation messages={task.prompt} />
      </Card>
      <ResponseCards task={task} draft={draft} onPlace={(index, tied) => rank({ type: 'place', index, tied })} />
      <div className="flex flex-col gap-3">
        <h2 className="font-semibold text-base">{t('task.rankings')}</h2>
        <PlacementsTable task={task} />
        <Disputed task={task} />
        <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
          {task.annotations.map((annotation) => (
            <AnnotationCard key={annotation.rankingId} task={task} annotation={annotation} />
          ))}
        </ul>
        <Skips skips={task.skips} />
      </div>
      <History history={task.history} />
      <DecisionBar
        task={task}
        draft={draft}
        note={note}
        noteField={noteField}
        isBusy={isBusy}
        onNote={setNote}
        onRank={rank}
        onAccept={decide.accept}
        onAdjudicate={decide.adjudicate}
        onReturn={canReturn ? () => setDialog('return') : null}
        onGold={isAdmin ? decide.gold : null}
      />
      {dialog === 'return' && (
        <ReturnDialog
          annotations={task.annotations}
          work={giveBack}
          onClose={() => setDialog(null)}
          onReturn={(back) => giveBack.mutate({ ...about, ...back })}
        />
      )}
      {dialog === 'gold' && (
        <GoldDialog
          task={task}
          tiers={isComplete(draft) ? drafted : (task.gold?.tiers ?? task.adjudication?.tiers ?? [])}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}
