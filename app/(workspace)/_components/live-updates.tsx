'use client';
// What changed on the server, as it happens: each notice names a topic and an id, and what the pages show of it is
// fetched again. Many notices in a moment become one fetch.
import { useQueryClient } from '@tanstack/react-query';
import { useSubscription } from '@trpc/tanstack-react-query';
import { useEffect, useRef } from 'react';
import { type ChangeTopic, tellChange } from '../../_lib/changes.ts';
import { useWorkspace } from '../../_lib/workspace.tsx';
import { useTRPC } from '../../_trpc/context.ts';

const gatherMs = 300;

export function LiveUpdates() {
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const gathered = useRef(new Set<ChangeTopic>());
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  function refetch() {
    timer.current = null;
    const topics = new Set(gathered.current);
    gathered.current.clear();
    const has = (...wanted: ChangeTopic[]) => topics.has('sync') || wanted.some((topic) => topics.has(topic));
    const filters = [
      has('job', 'round', 'task') && trpc.projects.get.pathFilter(),
      has('job', 'round') && trpc.jobs.pathFilter(),
      has('job', 'sft') && trpc.models.pathFilter(),
      has('job', 'round') && trpc.rounds.pathFilter(),
      has('job', 'sft') && trpc.sft.pathFilter(),
      has('job', 'task', 'project') && trpc.prompts.pathFilter(),
      has('task') && trpc.rankings.pathFilter(),
      has('project') && trpc.members.pathFilter(),
      has('project') && trpc.invitations.list.pathFilter(),
      has('project') && trpc.guidelines.pathFilter(),
      has('job', 'task', 'project') && trpc.imports.list.pathFilter(),
      has('task') && trpc.pairs.pathFilter(),
    ];
    for (const filter of filters) if (filter) void queryClient.invalidateQueries(filter);
    for (const topic of topics) tellChange(topic);
  }

  useSubscription(
    trpc.events.onChange.subscriptionOptions(
      { projectId: project.id },
      {
        onData: ({ data }) => {
          gathered.current.add(data.topic);
          timer.current ??= setTimeout(refetch, gatherMs);
        },
      },
    ),
  );

  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);
  return null;
}
