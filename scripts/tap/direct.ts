import type pg from 'pg';
import type { Scope } from '../report/index.ts';
import { rollsBack } from './envelope.ts';
import { installPgtap, removePgtap } from './pgtap.ts';
import { type FileResult, judgeFile, refusedFile } from './result.ts';
import { runPieces } from './run.ts';
import { openSession } from './session.ts';
import { type Run, readOrRefuse, type Suite } from './suite.ts';

/**
 * Runs the files on the database itself, one after another, each in a session of its own: for a database that
 * cannot be cloned because others are connected to it. Refuses a file that is not BEGIN … ROLLBACK. pgTAP is
 * loaded where it is not there and then removed in the end, also on a signal (`scope`). No coverage: the
 * database counts the calls of others too.
 */
export async function runDirectly(admin: pg.Client, url: string, scope: Scope, run: Run): Promise<Suite> {
  const pgtap = await installPgtap(admin);
  let running: number | null = null;
  let removed: Promise<void> | undefined;
  const remove = () => {
    removed ??= (async () => {
      // Interrupted within a file: what that has read of pgTAP is locked until its session is gone.
      if (running !== null) await admin.query('select pg_terminate_backend($1)', [running]);
      await removePgtap(admin, pgtap);
    })();
    return removed;
  };
  scope.defer(remove);
  const files: FileResult[] = [];
  const runFile = async (file: string): Promise<FileResult> => {
    const source = await readOrRefuse(run.root, file);
    if ('ok' in source) return source;
    const refused = rollsBack(source.pieces);
    if (refused.length > 0) return refusedFile(file, refused);
    const session = await openSession(url, pgtap.schema);
    running = session.pid;
    try {
      const started = performance.now();
      const ran = await runPieces(session, source.pieces, { seconds: run.seconds, url });
      return judgeFile(file, ran, performance.now() - started);
    } finally {
      running = null;
      await session.client.end().catch(() => {});
    }
  };
  try {
    for (const file of run.files) {
      const result = await runFile(file);
      files.push(result);
      run.onFile(result);
      if (result.bailedOut !== null) break;
    }
  } finally {
    await remove();
  }
  return { files, notRun: run.files.slice(files.length), coverage: null };
}
