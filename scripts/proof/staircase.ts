import type pg from 'pg';
import { diffFacts, type FactChange } from './diff.ts';
import { contentFacts } from './facts.ts';

/** One migration as the staircase needs it: a name, and how to go up and down once. */
export interface Step {
  name: string;
  up(): Promise<void>;
  down(): Promise<void>;
}

/**
 * equal: the rollback gave back exactly the catalog before, and a second up exactly the one after.
 * not-equal: it did not; `facts` say where. empty: the up changed nothing, so equality would prove nothing.
 * not-inverted: the down itself failed; `error` says how. not-reapplied: after the down the up fails; `error`
 * says how, `facts` what the down left, and the step is not applied at the end.
 */
export interface StepVerdict {
  name: string;
  verdict: 'equal' | 'not-equal' | 'empty' | 'not-inverted' | 'not-reapplied';
  facts: FactChange[];
  error: unknown;
}

/**
 * Climbs one step of the staircase on `client`'s database: up, down, up, with the content of the catalog
 * compared after the down and after the second up. Ends with the step applied, or says not-reapplied. Says
 * nothing of rows. Throws what the first up throws: then there is nothing to prove.
 */
export async function climb(client: pg.Client, step: Step): Promise<StepVerdict> {
  const result = (
    verdict: StepVerdict['verdict'],
    facts: FactChange[],
    error: unknown = null,
  ): StepVerdict => ({
    name: step.name,
    verdict,
    facts,
    error,
  });
  const before = await contentFacts(client);
  await step.up();
  const after = await contentFacts(client);
  if (diffFacts(before, after).length === 0) return result('empty', []);
  try {
    await step.down();
  } catch (error) {
    return result('not-inverted', [], error);
  }
  const left = diffFacts(before, await contentFacts(client));
  try {
    await step.up();
  } catch (error) {
    return result('not-reapplied', left, error);
  }
  const again = diffFacts(after, await contentFacts(client));
  const facts = [...left, ...again];
  return result(facts.length === 0 ? 'equal' : 'not-equal', facts);
}
