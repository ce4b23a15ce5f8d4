import { append } from '../evidence/index.ts';
import { IuError } from '../report/index.ts';
import type { SqlFile } from '../sql/index.ts';
import type { Numbered } from './numbered.ts';
import { announce, explain, fileFacts, recordFailure, runFacts, type Session } from './session.ts';

/** One line of a verification: a statement `(scenario text, ok boolean, detail text)` gives one per row. */
export interface Scenario {
  scenario: string;
  ok: boolean;
  detail: string | null;
}

/** Applies a runtime script; returns its scenarios. Its done event goes in before its one COMMIT. */
export const applyScript = (session: Session, one: Numbered): Promise<Scenario[]> =>
  run(session, 'runtime', one, one.file);

/** Reverts a runtime script by its rollback file; the same promises as `applyScript`. */
export const revertScript = (session: Session, one: Numbered): Promise<Scenario[]> =>
  run(session, 'revert', one, one.rollback!);

async function run(
  session: Session,
  kind: 'runtime' | 'revert',
  one: Numbered,
  file: SqlFile,
): Promise<Scenario[]> {
  const { client, runId } = session;
  await announce(session, kind, one.file.file, { ...fileFacts(one), ...runFacts(file) });
  const scenarios: Scenario[] = [];
  const last = file.statements.at(-1);
  try {
    for (const statement of file.statements) {
      try {
        // A script that began READ ONLY is refused here: its event could not go into its transaction.
        if (statement === last) await append(client, runId, kind, one.file.file, 'done');
        scenarios.push(...scenariosIn((await client.query(statement.text)).rows));
      } catch (error) {
        throw explain(error, file, statement);
      }
    }
  } catch (error) {
    await client.query('rollback').catch(() => {});
    if (error instanceof IuError) await recordFailure(session, kind, one.file.file, error.findings[0]!);
    throw error;
  }
  return scenarios;
}

/** The rows of a result that are scenarios: those with a text `scenario` and a boolean `ok`. */
export function scenariosIn(rows: unknown[]): Scenario[] {
  return (rows as Array<Record<string, unknown>>)
    .filter((row) => typeof row.scenario === 'string' && 'ok' in row)
    .map((row) => ({
      scenario: String(row.scenario),
      ok: row.ok === true,
      detail: row.detail === null || row.detail === undefined ? null : String(row.detail),
    }));
}
