'use client';
// The label page: one prompt, its responses, and what a person says of them, by keyboard, mouse or touch. Submitting shows
// the next task at once, since it is drawn already; saving goes on behind it (see outbox.ts).
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { Activity, useCallback, useEffect, useState } from 'react';
import type { LabelAction } from '../../../../domain/label-keys.ts';
import { hasLongText, shownLayout } from '../../../../domain/label-layout.ts';
import { type Done, useLabelProgress, withDone } from '../../../_lib/use-label-progress.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { useTRPCClient } from '../../../_trpc/context.ts';
import { prepareReading } from '../../../_ui/reading/prepare.ts';
import { ErrorState } from '../../../_ui/state.tsx';
import { toast } from '../../../_ui/toast.ts';
import { Announcement } from './announcement.tsx';
import type { Verdict } from './feedback-view.tsx';
import { KeysContext } from './keys-context.tsx';
import { LabelHeader } from './label-header.tsx';
import { LabelSkeleton } from './label-skeleton.tsx';
import type { OutboxEntry } from './outbox-entry.ts';
import { type PanelName, Panels } from './panels.tsx';
import { usePreferences } from './preferences.ts';
import { RankBar } from './rank-bar.tsx';
import { type Context, type DeskTask, earlierTask } from './task.ts';
import { TaskView } from './task-view.tsx';
import { isOffered, type Situation } from './toolbar.ts';
import { useActiveTime } from './use-active-time.ts';
import { useAnswers } from './use-answers.ts';
import { useDesk } from './use-desk.ts';
import { useDraftStore } from './use-drafts.ts';
import { useLabelContext } from './use-label-context.ts';
import { useLabelKeys } from './use-label-keys.ts';
import { useOutbox } from './use-outbox.ts';
import { useTaskQueue } from './use-task-queue.ts';

const FeedbackView = dynamic(() => import('./feedback-view.tsx').then((module) => module.FeedbackView));
const Banners = dynamic(() => import('./banners.tsx').then((module) => module.Banners));
const NothingLeft = dynamic(() => import('./nothing-left.tsx').then((module) => module.NothingLeft));
const ArrangePanel = dynamic(() => import('./arrange-panel.tsx').then((module) => module.ArrangePanel));

/** The next task is drawn while this one is read. */
const drawnAhead = 2;

/** What an entry of the outbox adds to the day's figures. */
function doneBy(entry: OutboxEntry): Done {
  const activeMs = entry.kind === 'skip' ? 0 : entry.durationMs;
  return { rankings: entry.kind === 'annotation' ? 1 : 0, activeMs };
}

/** Whether there is something that one must know of a task before ranking it. */
function hasBanner(task: DeskTask, { guideline, isPaused }: Context): boolean {
  const isPlain = task.source.kind === 'lease' && !task.isOnboarding && task.note === null;
  return !isPlain || isPaused || guideline?.isRead === false;
}

export function LabelScreen({ initialContext }: { initialContext: Context }) {
  const t = useTranslations('label');
  const { user, project } = useWorkspace();
  const client = useTRPCClient();
  const store = useDraftStore(user.id);
  const { preferences, change: prefer } = usePreferences(user.id);
  const { context, markRead, setOnboarding } = useLabelContext(project.id, initialContext);
  const { settings, guideline } = context;
  const { data: progress, count } = useLabelProgress();
  const [panel, setPanel] = useState<PanelName | null>(guideline && !guideline.isRead ? 'guidelines' : null);
  const [revising, setRevising] = useState<DeskTask | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);

  const { outbox, waiting, refused } = useOutbox({
    userId: user.id,
    projectId: project.id,
    onSaved(entry, answer) {
      count(doneBy(entry));
      if (answer?.onboarding) setOnboarding(answer.onboarding);
      setVerdict((now) => (now?.entryId === entry.id && answer ? { ...now, answer } : now));
    },
    onRefused(entry, message) {
      toast.error(t('refused'), {
        description: message,
        action: { label: t('look'), onClick: () => setPanel('refused') },
      });
      answers.forget(entry.id);
      setVerdict((now) => (now?.entryId === entry.id ? null : now));
    },
    onElsewhere: (entry) => 'leaseId' in entry && queue.drop(entry.leaseId),
  });
  const queue = useTaskQueue({
    projectId: project.id,
    isReady: outbox !== null,
    leasesBeingSaved: () => waiting.flatMap((entry) => ('leaseId' in entry ? entry.leaseId : [])),
    isBegun: (task) => store.isBegun(task.key),
    onLost: (task) => task.key === current?.key && toast(t('lost')),
  });
  const current: DeskTask | null = revising ?? queue.queue[0] ?? null;
  const activeMs = useActiveTime(store, verdict ? null : (current?.key ?? null));

  const answers = useAnswers({
    projectId: project.id,
    settings,
    guidelineId: guideline?.id ?? null,
    outbox,
    store,
    activeMs,
    count,
    onLeave(task) {
      if (task.source.kind === 'ranking') setRevising(null);
      else queue.drop(task.key);
    },
    onBack(task) {
      setRevising(null);
      queue.putBack(task);
    },
  });

  const layout = shownLayout(preferences.layout ?? settings.layout, current?.responses ?? []);
  const desk = useDesk({
    task: current,
    store,
    context,
    preferences,
    prefer,
    activeMs,
    openPanel: setPanel,
    submit(task) {
      const given = answers.answer(task);
      if (given && task.isOnboarding) setVerdict({ ...given, task, answer: null });
      if (given && task.source.kind === 'ranking') toast(t('changed'), { id: 'changed' });
    },
    undo: () => void answers.undo(),
  });

  const situation: Situation = {
    settings,
    count: verdict ? null : (current?.responses.length ?? null),
    layout,
    isLong: hasLongText(current?.responses ?? []),
    hasGuidelines: guideline !== null,
    isRevising: revising !== null,
  };
  const offers = (action: LabelAction) => isOffered(action, situation);
  function act(action: LabelAction): boolean {
    if (verdict && action === 'submit') {
      if (verdict.answer) setVerdict(null);
      return true;
    }
    if (!offers(action)) return false;
    desk.actions[action]();
    return true;
  }
  useLabelKeys({
    isActive: panel === null,
    keys: preferences.keys,
    place: ({ index, tied }) => !verdict && desk.place(index, tied),
    act,
  });

  async function openRanking(rankingId: string) {
    setPanel(null);
    try {
      const task = earlierTask(await client.label.ranking.query({ projectId: project.id, rankingId }));
      store.forget(task.key);
      setRevising(task);
    } catch (error) {
      toast.error(t('notOpened'), { description: error instanceof Error ? error.message : undefined });
    }
  }

  const { queue: tasks, supply, refill } = queue;
  const drawn = [...(revising ? [revising] : []), ...tasks.slice(0, drawnAhead)];
  const closePanel = useCallback(() => setPanel(null), []);
  const onTool = (action: LabelAction) => void act(action);

  // The texts of the tasks to come are parsed, coloured and set while nobody waits.
  useEffect(() => {
    const texts = tasks.flatMap(({ prompt, responses }) => [
      ...prompt.map(({ content }) => content),
      ...responses.map(({ text }) => text),
    ]);
    return prepareReading(texts);
  }, [tasks]);

  // A test that was just passed or failed changes what comes next.
  const isAskedAnew = context.onboarding.hasPassed;
  useEffect(() => {
    if (isAskedAnew !== null) refill();
  }, [isAskedAnew, refill]);

  return (
    <KeysContext value={preferences.keys}>
      <div className="flex min-h-dvh flex-col">
        <LabelHeader
          progress={
            progress &&
            waiting
              .filter(({ projectId }) => projectId === project.id)
              .map(doneBy)
              .reduce(withDone, progress)
          }
          waiting={waiting.length}
          refused={refused.length}
          offers={offers}
          pressed={{ arrange: desk.isArranging, together: preferences.scrollsTogether }}
          onAct={onTool}
          onRefused={() => setPanel('refused')}
        />
        <main id="content" data-task-id={current?.taskId} className="flex flex-1 flex-col">
          <h1 className="sr-only">{t('title')}</h1>
          {verdict && <FeedbackView verdict={verdict} onGoOn={() => setVerdict(null)} />}
          <div className={verdict || !current ? 'hidden' : 'flex flex-1 flex-col lg:flex-row'}>
            {current && desk.isArranging && offers('arrange') && (
              <ArrangePanel
                key={current.key}
                task={current}
                store={store}
                settings={settings}
                onAct={desk.change}
                onClose={() => act('arrange')}
              />
            )}
            {drawn.map((task) => (
              <Activity key={task.key} mode={task === current && !verdict ? 'visible' : 'hidden'}>
                <TaskView
                  task={task}
                  store={store}
                  settings={settings}
                  layout={shownLayout(preferences.layout ?? settings.layout, task.responses)}
                  scrollsTogether={preferences.scrollsTogether}
                  focused={task === current ? desk.focused : 0}
                  banner={
                    hasBanner(task, context) && (
                      <Banners
                        task={task}
                        context={context}
                        onGuidelines={() => setPanel('guidelines')}
                        onLeaveRevision={() => setRevising(null)}
                      />
                    )
                  }
                  onFocus={desk.focus}
                  onPlace={desk.place}
                  onAct={desk.change}
                />
              </Activity>
            ))}
          </div>
          {current && !verdict && (
            <RankBar
              task={current}
              store={store}
              settings={settings}
              tiesNext={desk.tiesNext}
              isUndoing={answers.isUndoing}
              notice={desk.notice}
              offers={offers}
              onAct={onTool}
              onStrength={(strength) => desk.change({ type: 'strength', strength })}
              onSubmit={() => act('submit')}
              onMore={() => setPanel('more')}
            />
          )}
          {!current && !verdict && (
            <div className="mx-auto w-full max-w-5xl px-4 py-10">
              {supply.state === 'failed' ? (
                <ErrorState error={supply.error} onRetry={refill} />
              ) : supply.state === 'empty' ? (
                <NothingLeft
                  reason={supply.reason}
                  isUndoing={answers.isUndoing}
                  onUndo={() => act('undo')}
                  onLook={refill}
                />
              ) : (
                <LabelSkeleton />
              )}
            </div>
          )}
        </main>
        <Announcement task={verdict ? null : current} store={store} settings={settings} />
        <Panels
          name={panel}
          task={current}
          store={store}
          context={context}
          keys={preferences.keys}
          projectId={project.id}
          refused={refused}
          offers={offers}
          onClose={closePanel}
          onOpen={setPanel}
          onTool={onTool}
          onChange={desk.change}
          onKeys={(keys) => prefer({ keys })}
          onRead={() => guideline && markRead(guideline.id)}
          onRanking={(rankingId) => void openRanking(rankingId)}
          onDiscard={(id) => outbox?.discard(id)}
          onSkip={(reason, note) => {
            setPanel(null);
            if (current) answers.skip(current, reason, note);
          }}
        />
      </div>
    </KeysContext>
  );
}
