'use client';
// Asks for what an act on many prompts needs: one small form per act.
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { ComponentProps, FormEvent, ReactNode } from 'react';
import { splitList } from '../../../../../domain/members.ts';
import type { BulkAction } from '../../../../../domain/prompt-filter.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input, Select } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { NumberField } from '../../../../_ui/number-field.tsx';

export type DialogKind = Exclude<BulkAction['kind'], 'pause'>;
export const dialogKinds: DialogKind[] = [
  'priority',
  'language',
  'qualifications',
  'tags',
  'split',
  'assign',
  'withdraw',
  'delete',
];

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '').trim();

/** What each form says, as an act. */
const readers: { [K in DialogKind]: (form: FormData) => BulkAction } = {
  priority: (form) => ({ kind: 'priority', priority: Number(textOf(form, 'priority')) }),
  language: (form) => ({ kind: 'language', language: textOf(form, 'language') || null }),
  qualifications: (form) => ({ kind: 'qualifications', qualifications: splitList(textOf(form, 'qualifications')) }),
  tags: (form) => ({
    kind: 'tags',
    add: splitList(textOf(form, 'add')),
    remove: splitList(textOf(form, 'remove')),
  }),
  split: (form) => ({ kind: 'split', split: textOf(form, 'split') === 'heldout' ? 'heldout' : 'train' }),
  assign: (form) => ({ kind: 'assign', userId: textOf(form, 'userId') }),
  withdraw: (form) => ({ kind: 'withdraw', userId: textOf(form, 'userId') }),
  delete: () => ({ kind: 'delete' }),
};

interface BulkDialogProps {
  kind: DialogKind;
  count: number;
  work: ComponentProps<typeof FormEnd>['work'];
  onAct: (action: BulkAction) => void;
  onClose: () => void;
}

export function BulkDialog({ kind, count, work, onAct, onClose }: BulkDialogProps) {
  const t = useTranslations('prompts.bulk');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    onAct(readers[kind](new FormData(event.currentTarget)));
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(`titles.${kind}`, { count })}
      description={t(`texts.${kind}`)}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <BulkFields kind={kind} />
        <FormEnd work={work} submit={t(`actions.${kind}`)} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function BulkFields({ kind }: { kind: DialogKind }) {
  const t = useTranslations('prompts.bulk.fields');
  const splits = useTranslations('prompts.splits');
  const text = (name: 'language' | 'qualifications' | 'add' | 'remove') => (
    <Field label={t(`${name}.label`)} hint={t(`${name}.hint`)}>
      {(control) => <Input {...control} name={name} autoComplete="off" />}
    </Field>
  );
  const fields: { [K in DialogKind]: ReactNode } = {
    priority: (
      <NumberField
        label={t('priority.label')}
        hint={t('priority.hint')}
        name="priority"
        defaultValue={1}
        min={-100}
        max={100}
        step={1}
        required
      />
    ),
    language: text('language'),
    qualifications: text('qualifications'),
    tags: (
      <>
        {text('add')}
        {text('remove')}
      </>
    ),
    split: (
      <Field label={t('split.label')} hint={t('split.hint')}>
        {(control) => (
          <Select {...control} name="split">
            <option value="train">{splits('train')}</option>
            <option value="heldout">{splits('heldout')}</option>
          </Select>
        )}
      </Field>
    ),
    assign: <PersonField />,
    withdraw: <PersonField />,
    delete: null,
  };
  return fields[kind];
}

function PersonField() {
  const t = useTranslations('prompts.bulk.fields');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data } = useQuery(trpc.members.list.queryOptions({ projectId: project.id }));
  return (
    <Field label={t('person.label')} hint={data?.length === 0 ? t('person.none') : undefined}>
      {(control) => (
        <Select {...control} name="userId" required>
          {data?.map(({ userId, name }) => (
            <option key={userId} value={userId}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
