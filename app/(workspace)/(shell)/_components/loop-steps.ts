// Where the project stands in the loop, as states of its steps. Pure, so that the page only draws it.
import type { Outputs } from '../../../_trpc/context.ts';

export const loopSteps = ['sample', 'rank', 'judge', 'train', 'decide', 'export'] as const;
export type LoopStepName = (typeof loopSteps)[number];

/** `next`: to be done now. `running`: the machine is at it. `open`: possible, but not the next thing. */
export type StepState = 'done' | 'next' | 'running' | 'open' | 'later';

export type LoopPlace = Outputs['projects']['get'] & { jobs: Outputs['jobs']['active'] };

export function stepStates(place: LoopPlace): Record<LoopStepName, StepState> {
  const { open, ranked } = place.counts.currentTasks;
  const { nextStep } = place;
  const isRunning = (name: string) => place.jobs.some((job) => job.name === name);
  const state = (step: LoopStepName, is: { running?: boolean; done: boolean; possible: boolean }): StepState => {
    if (is.running) return 'running';
    if (nextStep === step) return 'next';
    if (is.done) return 'done';
    return is.possible ? 'open' : 'later';
  };
  const isTraining = place.activeRound !== null;
  const hasUndecided = place.undecidedRound !== null;
  return {
    sample: state('sample', {
      running: isRunning('sample') || isRunning('sampleRemote'),
      done: open + ranked > 0,
      possible: true,
    }),
    rank: state('rank', { done: ranked > 0 && nextStep !== 'rank', possible: open > 0 }),
    judge: state('judge', { running: isRunning('judge'), done: ranked > 0 && open === 0, possible: open > 0 }),
    train: state('train', { running: isTraining, done: hasUndecided, possible: ranked > 0 }),
    decide: state('decide', { done: false, possible: hasUndecided }),
    export: state('export', { done: false, possible: place.counts.pairs > 0 }),
  };
}
