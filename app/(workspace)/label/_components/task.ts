// What the desk shows: a task that was given out, or an earlier ranking of one's own that is looked at again.
import type { Annotation } from '../../../../domain/annotation.ts';
import type { ChatMessage } from '../../../../engine/ports.ts';
import type { Outputs } from '../../../_trpc/context.ts';

export type LabelTask = Outputs['label']['next']['tasks'][number];
export type Context = Outputs['label']['context'];
export type Feedback = NonNullable<Outputs['label']['submit']['feedback']>;
export type Onboarding = Context['onboarding'];
export type EmptyReason = NonNullable<Outputs['label']['next']['reason']>;

export interface DeskTask {
  /** Names its draft and its time: the lease, or the ranking that is changed. */
  key: string;
  source: { kind: 'lease'; leaseId: string } | { kind: 'ranking'; rankingId: string };
  taskId: string;
  prompt: ChatMessage[];
  /** In the order in which this person sees them. */
  responses: { id: string; text: string }[];
  /** What was said of it before: after an undo or a return, or the ranking that is changed. */
  annotation: Annotation | null;
  /** Why a reviewer gave it back. */
  note: string | null;
  isOnboarding: boolean;
}

export function givenTask({ leaseId, taskId, prompt, responses, annotation, note, isOnboarding }: LabelTask): DeskTask {
  const source = { kind: 'lease', leaseId } as const;
  return { key: leaseId, source, taskId, prompt, responses, annotation, note, isOnboarding };
}

export function earlierTask(ranking: Outputs['label']['ranking']): DeskTask {
  const { rankingId, taskId, prompt, responses, annotation } = ranking;
  const source = { kind: 'ranking', rankingId } as const;
  return { key: rankingId, source, taskId, prompt, responses, annotation, note: null, isOnboarding: false };
}

const previewLength = 160;

/** The beginning of what was asked, for lists. */
export function previewOf({ prompt }: Pick<DeskTask, 'prompt'>): string {
  return (prompt.at(-1)?.content ?? '').slice(0, previewLength);
}
