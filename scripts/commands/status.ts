import { assertSound, chainStatus, loadProject, type State, type Status } from '../apply/index.ts';
import { EXIT, type Exit, type Outcome } from '../report/index.ts';
import { open } from './connection.ts';
import type { Verb } from './verb.ts';

const MEANING: Record<State, string> = {
  applied: 'applied',
  pending: 'pending: not applied yet',
  drifted: 'applied; comments or whitespace edited since',
  tampered: 'applied from other bytes than these',
};

export const status: Verb = {
  name: 'status',
  summary: 'say of every migration whether it is applied, pending, drifted or tampered',
  async run(context): Promise<Outcome> {
    const project = await loadProject(context.root);
    assertSound(project);
    const { client } = await open(context, 'status');
    const found = await chainStatus(client, project);
    for (const item of found.items) {
      const when = item.appliedAt ? `  ${item.appliedAt} by ${item.actor ?? 'unknown'}` : '';
      context.progress.line(`  ${item.file}  ${MEANING[item.state]}${when}`);
    }
    const findings = [...found.findings];
    const pending = found.items.filter((item) => item.state === 'pending').length;
    if (pending > 0) {
      const message = `${pending} of ${found.items.length} migrations are pending`;
      findings.push({ code: 'pending', message, next: 'npm run iu -- migrate --target <the same target>' });
    }
    return { ...judge(found, pending), items: found.items, findings };
  },
};

/** Something tampered outweighs something pending; a cosmetic edit wakes nobody. */
function judge(found: Status, pending: number): { verdict: string; exit: Exit } {
  const serious = found.findings.filter(({ code }) => code !== 'edited_cosmetic' && code !== 'running');
  if (serious.length > 0) {
    const tampered = found.items.some((item) => item.state === 'tampered');
    return { verdict: tampered ? 'tampered' : 'finding', exit: EXIT.finding };
  }
  if (pending > 0) return { verdict: 'pending', exit: EXIT.pending };
  const drifted = found.items.some((item) => item.state === 'drifted');
  return { verdict: drifted ? 'drifted' : 'up to date', exit: EXIT.clean };
}
