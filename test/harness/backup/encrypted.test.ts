import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshDatabase, iu, query, servers, startIu, until } from '../support/index.ts';
import { fakes, files, folder, hasGpg, holding, keyring, publicOnly, REAL, tampered } from './support.ts';

const SECRET = 'Nước Cộng hòa xã hội chủ nghĩa Việt Nam';
const SCHEMA = `create table public.article (number text primary key, body text not null);
insert into public.article select i::text, '${SECRET}' || i from generate_series(1, 300) i;`;
const fifteen = servers.filter(({ name }) => name.endsWith('15'));

describe.runIf(hasGpg())('with BACKUP_GPG_FPR', () => {
  describe.each(fifteen)('a backup of $name', (server) => {
    it('is never on disk in the clear, and is decrypted to be restored', async () => {
      const key = keyring();
      const { url } = await freshDatabase(server);
      await query(url, SCHEMA);
      const [out, temporary, gate] = [folder(), folder(), join(folder(), 'go')];
      const wait = `while ! [ -e ${gate} ]; do sleep 0.05; done`;
      const env = {
        ...tampered({
          pg_dump: `case "$1" in --version) exec ${REAL}/pg_dump "$@";; esac; ${REAL}/pg_dump "$@"; ${wait}`,
        }),
        ...{ GNUPGHOME: key.GNUPGHOME, BACKUP_GPG_FPR: key.fpr, TMPDIR: temporary },
      };
      const run = startIu(['backup', '--out', out, '--target', url, '--json'], undefined, env);
      await until('the file to be made', async () => files(out).some((file) => file.endsWith('.gpg')));
      const clear = () =>
        ['PGDMP', SECRET].flatMap((text) => [...holding(out, text), ...holding(temporary, text)]);
      expect(clear()).toEqual([]);
      writeFileSync(gate, '');
      // While it is restored the rows are in the temporary server, but never the dump in the clear.
      const seen = new Set<string>();
      const watch = setInterval(() => {
        for (const file of [
          ...holding(out, 'PGDMP'),
          ...holding(out, SECRET),
          ...holding(temporary, 'PGDMP'),
        ])
          seen.add(file);
      }, 100);
      const { stdout, exitCode } = await run;
      clearInterval(watch);
      expect([...seen]).toEqual([]);
      expect(clear()).toEqual([]);
      expect(exitCode).toBe(0);
      const [item] = JSON.parse(stdout).items;
      expect(item).toMatchObject({
        grade: 'restored',
        fingerprint: key.fpr,
        file: 'database.dump.gpg',
        roles: { file: 'roles.sql.gpg' },
      });
      expect(
        files(out)
          .map((file) => file.split('/').at(-1))
          .sort(),
      ).toEqual(['backup.json', 'database.dump.gpg', 'roles.sql.gpg']);
    });

    it('is listed and no more where the secret key is elsewhere', async () => {
      const key = keyring();
      const { url } = await freshDatabase(server);
      await query(url, SCHEMA);
      const env = { ...publicOnly(key), BACKUP_GPG_FPR: key.fpr };
      const args = ['backup', '--out', folder(), '--target', url];
      const strict = await iu(args, undefined, env);
      expect(strict.report).toMatchObject({
        exit: 6,
        verdict: 'listed',
        findings: [{ code: 'lower_grade' }],
      });
      expect(strict.report.findings[0]!.message).toContain('secret key');
      const lenient = await iu([...args, '--grade', 'listed'], undefined, env);
      expect(lenient.report).toMatchObject({
        exit: 0,
        items: [{ grade: 'listed', restoredOn: null, why: expect.stringContaining('secret key') }],
      });
      expect(Number((lenient.report.items[0] as { entries: number }).entries)).toBeGreaterThan(2);
    });
  });

  it.each(fifteen)('gpg that fails in the middle leaves no backup ($name)', async (server) => {
    const key = keyring();
    const { url } = await freshDatabase(server);
    const out = folder();
    // The key test passes --armor, the dump does not.
    const env = fakes({
      gpg: 'case "$*" in *--armor*|*--decrypt*|--version) exec /usr/bin/gpg "$@";; esac; echo boom >&2; exit 2',
    });
    const keyed = { ...env, GNUPGHOME: key.GNUPGHOME, BACKUP_GPG_FPR: key.fpr };
    const { report } = await iu(['backup', '--out', out, '--target', url], undefined, keyed);
    expect(report).toMatchObject({ exit: 5, findings: [{ code: 'bad_key', detail: 'boom' }] });
    expect(files(out)).toEqual([]);
  });

  it('the embedded default makes an encrypted cold copy and starts it', async () => {
    const key = keyring();
    const out = folder();
    const { report } = await iu(['backup', '--out', out], undefined, {
      GNUPGHOME: key.GNUPGHOME,
      BACKUP_GPG_FPR: key.fpr,
    });
    expect(report).toMatchObject({
      exit: 0,
      items: [{ mechanism: 'cold copy', grade: 'restored', file: 'cluster.tar.gpg' }],
    });
  });

  it.each(['expired', 'signs only'] as const)(
    'a key that is %s is refused before anything is written',
    async (kind) => {
      const key = keyring(kind);
      const out = folder();
      const env = { GNUPGHOME: key.GNUPGHOME, BACKUP_GPG_FPR: key.fpr };
      for (const args of [
        ['backup', '--out', out],
        ['backup', '--selftest'],
      ]) {
        const { report } = await iu(args, undefined, env);
        expect(report).toMatchObject({ exit: 5, findings: [{ code: 'bad_key' }] });
      }
      expect(files(out)).toEqual([]);
    },
  );

  it.each(['A'.repeat(40), 'Backup Test'])('so is %s', async (fingerprint) => {
    const { GNUPGHOME } = keyring();
    const { report } = await iu(['backup', '--selftest'], undefined, {
      GNUPGHOME,
      BACKUP_GPG_FPR: fingerprint,
    });
    expect(report).toMatchObject({
      exit: 5,
      findings: [{ code: 'bad_key', next: expect.stringContaining('--list-keys') }],
    });
  });

  it('the selftest makes a round trip, and without the secret key says that it could not', async () => {
    const key = keyring();
    const whole = await iu(['backup', '--selftest'], undefined, {
      GNUPGHOME: key.GNUPGHOME,
      BACKUP_GPG_FPR: key.fpr,
    });
    expect(whole.report).toMatchObject({
      exit: 0,
      verdict: 'round trip',
      items: [{ fingerprint: key.fpr, decrypts: true }],
    });
    const half = await iu(['backup', '--selftest'], undefined, {
      ...publicOnly(key),
      BACKUP_GPG_FPR: key.fpr,
    });
    expect(half.report).toMatchObject({ exit: 6, findings: [{ code: 'no_secret_key' }] });
  });
});

describe('without BACKUP_GPG_FPR', () => {
  it('the selftest fails closed', async () => {
    const { report } = await iu(['backup', '--selftest'], undefined, { BACKUP_GPG_FPR: '' });
    expect(report).toMatchObject({ exit: 5, findings: [{ code: 'no_key' }] });
  });
});
