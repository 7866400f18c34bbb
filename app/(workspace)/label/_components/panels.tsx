'use client';
// The dialogs of the page, one at a time, each loaded when it is first opened.
import dynamic from 'next/dynamic';
import type { ReactNode } from 'react';
import type { SkipReason } from '../../../../domain/annotation.ts';
import { type DraftAction, modeOf, tiersOf } from '../../../../domain/annotation-draft.ts';
import type { KeyMap, LabelAction } from '../../../../domain/label-keys.ts';
import type { DraftStore } from './draft-store.ts';
import type { RefusedEntry } from './outbox-entry.ts';
import type { Context, DeskTask } from './task.ts';
import { useDraft } from './use-drafts.ts';

const SkipDialog = dynamic(() => import('./skip-dialog.tsx').then((module) => module.SkipDialog));
const FlagDialog = dynamic(() => import('./flag-dialog.tsx').then((module) => module.FlagDialog));
const EditDialog = dynamic(() => import('./edit-dialog.tsx').then((module) => module.EditDialog));
const DiffDialog = dynamic(() => import('./diff-dialog.tsx').then((module) => module.DiffDialog));
const GuidelinesDialog = dynamic(() => import('./guidelines-dialog.tsx').then((module) => module.GuidelinesDialog));
const MineDialog = dynamic(() => import('./mine-dialog.tsx').then((module) => module.MineDialog));
const KeysDialog = dynamic(() => import('./keys-dialog.tsx').then((module) => module.KeysDialog));
const HelpDialog = dynamic(() => import('./help-dialog.tsx').then((module) => module.HelpDialog));
const MoreDialog = dynamic(() => import('./more-dialog.tsx').then((module) => module.MoreDialog));
const RefusedDialog = dynamic(() => import('./refused-dialog.tsx').then((module) => module.RefusedDialog));

export type PanelName =
  | 'skip'
  | 'flag'
  | 'edit'
  | 'diff'
  | 'guidelines'
  | 'mine'
  | 'keys'
  | 'help'
  | 'more'
  | 'refused';

interface PanelsProps {
  name: PanelName | null;
  task: DeskTask | null;
  store: DraftStore;
  context: Context;
  keys: KeyMap;
  projectId: string;
  refused: readonly RefusedEntry[];
  offers: (action: LabelAction) => boolean;
  onClose: () => void;
  onOpen: (name: PanelName) => void;
  onTool: (action: LabelAction) => void;
  onChange: (action: DraftAction) => void;
  onKeys: (keys: KeyMap) => void;
  onRead: () => void;
  onRanking: (rankingId: string) => void;
  onDiscard: (id: string) => void;
  onSkip: (reason: SkipReason, note: string | null) => void;
}

export function Panels(props: PanelsProps) {
  const { name, task, store, context, keys, projectId, refused, offers, onClose } = props;
  const draft = useDraft(store, name === null ? null : task);
  if (name === null) return null;
  const { settings, guideline } = context;
  const responses = task?.responses ?? [];
  const order = draft ? tiersOf(draft, settings).flat() : [];
  const others = responses.map((_, index) => index).filter((index) => !order.includes(index));
  const [best = 0, second = 1] = [...order, ...others];

  const panels: Record<PanelName, () => ReactNode> = {
    skip: () => <SkipDialog onSkip={props.onSkip} onClose={onClose} />,
    flag: () =>
      draft && (
        <FlagDialog
          count={responses.length}
          flags={draft.flags}
          onFlag={(flag) => props.onChange({ type: 'flag', flag })}
          onClose={onClose}
        />
      ),
    edit: () =>
      draft && (
        <EditDialog
          responses={responses}
          edit={draft.edit}
          first={best}
          onEdit={(edit) => props.onChange({ type: 'edit', edit })}
          onClose={onClose}
        />
      ),
    diff: () => task && <DiffDialog responses={responses} first={[best, second]} onClose={onClose} />,
    guidelines: () => guideline && <GuidelinesDialog guideline={guideline} onRead={props.onRead} onClose={onClose} />,
    mine: () => (
      <MineDialog projectId={projectId} isClosed={context.isClosed} onOpen={props.onRanking} onClose={onClose} />
    ),
    keys: () => <KeysDialog keys={keys} onChange={props.onKeys} onClose={onClose} />,
    help: () => (
      <HelpDialog
        keys={keys}
        mode={modeOf(settings, responses.length)}
        offers={offers}
        onKeys={() => props.onOpen('keys')}
        onClose={onClose}
      />
    ),
    more: () => <MoreDialog offers={offers} onAct={props.onTool} onClose={onClose} />,
    refused: () => <RefusedDialog refused={refused} onDiscard={props.onDiscard} onClose={onClose} />,
  };
  return panels[name]();
}
