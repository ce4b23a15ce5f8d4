import { type Command, Option } from 'commander';
import {
  atLeast,
  type BackupRecord,
  GRADES,
  type Grade,
  makeBackup,
  parseVouched,
  testKey,
  vouch,
  wantedKey,
} from '../backup/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import { open } from './connection.ts';
import type { Context, Verb } from './verb.ts';

export const backup: Verb = {
  name: 'backup',
  summary: 'back up the database of the target, restore the backup elsewhere, and compare',
  configure(command: Command) {
    command
      .option('--out <dir>', 'make the backup in a folder of its own in here')
      .addOption(
        new Option(
          '--grade <grade>',
          'the least that must be proven (default: restored, or vouched)',
        ).choices(GRADES),
      )
      .option('--vouched <tool>', 'take the word of pgbackrest:STANZA, wal-g or barman:SERVER instead')
      .option('--selftest', 'only see whether the key in BACKUP_GPG_FPR works, in a small round trip');
  },
  async run(context, options): Promise<Outcome> {
    const vouched = options.vouched as string | undefined;
    const wanted = (options.grade as Grade | undefined) ?? (vouched === undefined ? 'restored' : 'vouched');
    if (options.selftest === true) return selftest(context, wanted);
    const out = options.out as string | undefined;
    if (vouched !== undefined) {
      parseVouched(vouched);
      const { identity } = await open(context, 'backup');
      const { record, folder } = await vouch(vouched, identity, out, context.scope, context.progress.line);
      return graded(context, record, folder, wanted);
    }
    if (out === undefined) {
      const next = 'npm run iu -- backup --out DIR';
      throw new IuError('usage', { code: 'usage', message: 'where should the backup go?', next });
    }
    const fingerprint = wantedKey();
    const key = fingerprint === null ? null : await testKey(fingerprint);
    const source = await open(context, 'backup');
    const { progress, scope, root } = context;
    const made = await makeBackup({ source, root, out, key, progress, scope });
    return 'facts' in made ? notEqual(made.facts) : graded(context, made.record, made.folder, wanted);
  },
};

/** Fails closed: without a key that encrypts there is no encrypted backup. */
async function selftest(context: Context, wanted: Grade): Promise<Outcome> {
  const fingerprint = wantedKey();
  if (fingerprint === null) {
    const next = 'set BACKUP_GPG_FPR to the fingerprint of the key that backups are encrypted to';
    throw new IuError('refused', { code: 'no_key', message: 'BACKUP_GPG_FPR is not set', next });
  }
  const key = await testKey(fingerprint);
  context.progress.line(
    key.decrypts ? `${fingerprint}: encrypted, and decrypted again` : `${fingerprint}: encrypts`,
  );
  if (key.decrypts) return { verdict: 'round trip', exit: EXIT.clean, items: [{ ...key }], findings: [] };
  const message = `the secret key of ${fingerprint} is not usable on this machine: what is encrypted here is not read back here`;
  const next = 'see that somebody has the secret key; here the best grade is listed (--grade listed)';
  return lowered({ ...key }, 'encrypts', 'listed', wanted, { code: 'no_secret_key', message, next });
}

function graded(context: Context, record: BackupRecord, folder: string | null, wanted: Grade): Outcome {
  const { grade, why, restoredOn } = record;
  if (folder) context.progress.line(`backup: ${folder}`);
  context.progress.line(`grade: ${grade} (${restoredOn ? `on ${restoredOn}, equal` : why})`);
  const message = `the backup is of grade ${grade}, and ${wanted} was asked for: ${why}`;
  const next = `mend that and run this again, or accept it: --grade ${grade}`;
  const outcome = lowered({ ...record, folder }, grade, grade, wanted, {
    code: 'lower_grade',
    message,
    next,
  });
  const evidence = { files: [], seal: record.seal, notRun: [], notProven: record.notCompared, chain: [] };
  return { ...outcome, evidence };
}

/** Clean where the grade reached is good enough; else inconclusive, with the finding that says why. */
function lowered(item: object, verdict: string, reached: Grade, wanted: Grade, finding: Finding): Outcome {
  if (atLeast(reached, wanted)) return { verdict, exit: EXIT.clean, items: [item], findings: [] };
  return { verdict, exit: EXIT.inconclusive, items: [item], findings: [finding] };
}

function notEqual(
  facts: Array<{ object: string; field: string; before: string | null; after: string | null }>,
): Outcome {
  const lines = facts.map(
    ({ object, field, before, after }) =>
      `${object} · ${field}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`,
  );
  const more = lines.length > 20 ? `\n… and ${lines.length - 20} more (--json lists them)` : '';
  return {
    verdict: 'not-equal',
    exit: EXIT.finding,
    items: facts,
    findings: [
      {
        code: 'not_equal',
        message: `what was restored differs from the source in ${facts.length} facts: it is no backup, and is removed`,
        next: 'find out what changed it on the way, and run this again',
        detail: lines.slice(0, 20).join('\n') + more,
      },
    ],
  };
}
