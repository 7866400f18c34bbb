'use client';
// Try it: a message to a model or a policy, its answer as it is sampled, and what that took.
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { precisionSchema, samplingConfigSchema } from '../../../../../engine/config.ts';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Field, Select, Textarea } from '../../../../_ui/field.tsx';
import { NumberField } from '../../../../_ui/number-field.tsx';
import { ErrorState } from '../../../../_ui/state.tsx';
import { TryAnswer } from './try-answer.tsx';
import { useTry } from './use-try.ts';

/** Name, smallest, largest, step and first value of each setting. */
const settings = [
  { name: 'temperature', min: 0, max: 10, step: 0.1, value: 0.7 },
  { name: 'top_p', min: 0.01, max: 1, step: 0.01, value: 1 },
  { name: 'top_k', min: 0, max: 100_000, step: 1, value: 0 },
  { name: 'max_new_tokens', min: 1, max: 32_768, step: 1, value: 256 },
] as const;

/** `wanted` is what a card's button chose: `model:<id>` or `policy:<id>`. */
export function TryBox({ wanted }: { wanted: string | null }) {
  const t = useTranslations('models.try');
  const trpc = useTRPC();
  const choices = useQuery(trpc.models.tryable.queryOptions());
  const [chosen, setChosen] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const message = useRef<HTMLTextAreaElement>(null);
  const { answer, ask, stop, isRunning } = useTry();

  const isLoaded = choices.data !== undefined;
  useEffect(() => {
    if (!wanted || !isLoaded) return;
    setChosen(wanted);
    message.current?.focus();
    message.current?.scrollIntoView({ block: 'center' });
  }, [wanted, isLoaded]);

  const first = choices.data?.models[0] ?? choices.data?.policies[0];
  if (choices.error) return <ErrorState error={choices.error} onRetry={() => void choices.refetch()} />;
  if (!choices.data || !first) return null;
  const { models, policies } = choices.data;
  const value = chosen || (models.length > 0 ? `model:${first.id}` : `policy:${first.id}`);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (isRunning) return stop();
    const form = new FormData(event.currentTarget);
    const config = samplingConfigSchema.safeParse({
      ...Object.fromEntries(settings.map(({ name }) => [name, Number(form.get(name))])),
      precision: form.get('precision'),
    });
    setProblem(config.success ? null : (config.error.issues[0]?.message ?? ''));
    if (!config.success) return;
    const [kind, id = ''] = value.split(':');
    void ask({
      ...(kind === 'model' ? { modelId: id } : { policyId: id }),
      message: String(form.get('message') ?? ''),
      config: config.data,
      seed: Math.floor(Math.random() * 2 ** 32),
    });
  }

  function sendOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (!isRunning) event.currentTarget.form?.requestSubmit();
  }

  return (
    <section aria-labelledby="try-title" className="mt-8">
      <h2 id="try-title" className="font-semibold text-base">
        {t('title')}
      </h2>
      <p className="mt-1 mb-4 text-muted">{t('text')}</p>
      <form onSubmit={submit} className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_15rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <Field label={t('model')}>
            {(control) => (
              <Select {...control} value={value} onChange={(event) => setChosen(event.target.value)}>
                {models.length > 0 && (
                  <optgroup label={t('models')}>
                    {models.map(({ id, name }) => (
                      <option key={id} value={`model:${id}`}>
                        {name}
                      </option>
                    ))}
                  </optgroup>
                )}
                {policies.length > 0 && (
                  <optgroup label={t('policies')}>
                    {policies.map(({ id, name, project }) => (
                      <option key={id} value={`policy:${id}`}>
                        {t('policyOf', { name, project })}
                      </option>
                    ))}
                  </optgroup>
                )}
              </Select>
            )}
          </Field>
          <Field label={t('message')} hint={t('messageHint')}>
            {(control) => (
              <Textarea {...control} ref={message} name="message" required rows={3} onKeyDown={sendOnEnter} />
            )}
          </Field>
          <div className="flex items-center gap-2">
            <Button type="submit" variant={isRunning ? 'danger' : 'primary'}>
              {t(isRunning ? 'stop' : 'send')}
            </Button>
            {problem && (
              <p role="alert" className="text-danger">
                {problem}
              </p>
            )}
          </div>
          {answer && <TryAnswer answer={answer} />}
        </div>
        <div className="grid grid-cols-2 content-start gap-4 lg:grid-cols-1">
          {settings.map(({ name, value: start, ...bounds }) => (
            <NumberField
              key={name}
              label={t(`settings.${name}`)}
              name={name}
              defaultValue={start}
              required
              {...bounds}
            />
          ))}
          <Field label={t('settings.precision')}>
            {(control) => (
              <Select {...control} name="precision">
                {precisionSchema.options.map((precision) => (
                  <option key={precision}>{precision}</option>
                ))}
              </Select>
            )}
          </Field>
        </div>
      </form>
    </section>
  );
}
