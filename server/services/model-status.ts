// How a model's status changes: its job is the only one that moves it, and a job that ends early leaves a reason.
import { eq } from 'drizzle-orm';
import type { Transaction } from '../../db/client.ts';
import { models } from '../../db/schema/training.ts';
import type { ModelFacts } from '../../domain/models.ts';

export async function markModelReady(tx: Transaction, modelId: string, facts: ModelFacts): Promise<void> {
  await tx.update(models).set({ status: 'ready', facts, error: null }).where(eq(models.id, modelId));
}

export async function markModelFailed(tx: Transaction, modelId: string, error: string): Promise<void> {
  await tx.update(models).set({ status: 'failed', error }).where(eq(models.id, modelId));
}
