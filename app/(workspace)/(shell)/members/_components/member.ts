import type { Outputs } from '../../../../_trpc/context.ts';

export type Member = Outputs['members']['list'][number];
