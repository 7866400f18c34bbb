'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Code } from '../../../../_ui/code.tsx';
import { CopyButton } from '../../../../_ui/copy-button.tsx';

/** A call that works as it stands, from this address to the current policy. Shown in the browser only. */
export function CurlExample({ apiKey }: { apiKey: string }) {
  const t = useTranslations('apiKeys');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data } = useQuery(trpc.projects.get.queryOptions({ projectId: project.id }));
  if (!data) return null;
  const body = JSON.stringify({
    model: `${data.project.slug}/${data.policies.current?.name ?? 'sft'}`,
    messages: [{ role: 'user', content: t('exampleQuestion') }],
  });
  const text = [
    `curl ${window.location.origin}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${apiKey}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${body}'`,
  ].join('\n');
  return (
    <div className="flex flex-col items-start gap-2">
      <Code label={t('exampleTitle')} text={text} className="w-full" />
      <CopyButton text={text} label={t('copyExample')} />
    </div>
  );
}
