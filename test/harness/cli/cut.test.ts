import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type Manifest, manifestDigest } from '../../../scripts/cut/index.ts';
import { iu, startIu } from '../support/index.ts';

const item = z.strictObject({
  file: z.string(),
  prefix: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  pieces: z.int(),
  units: z.int(),
  source: z.record(z.string(), z.unknown()),
  profile: z.strictObject({ name: z.string(), version: z.int(), sha256: z.string() }),
  out: z.string().optional(),
});

const LAW = '# Luật\n\nĐiều 1. Phạm vi\n\n1. Một.\n\nĐiều 2. Đối tượng\n';

function folder(files: Record<string, string | Buffer>): string {
  const path = mkdtempSync(join(tmpdir(), 'iu-cut-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

describe('iu cut mark', () => {
  it('says the digest and how many pieces, and writes the manifest', async () => {
    const at = folder({ 'law.md': LAW, 'copy.md': LAW });
    const file = join(at, 'law.md');
    const out = join(at, 'manifest.json');
    const run = await iu(['cut', 'mark', file, '--prefix', 'VN-LAW', '--profile', 'law', '--out', out]);
    expect(run.report).toMatchObject({ verb: 'cut', verdict: 'marked', exit: 0, target: null, findings: [] });
    const [said] = z.array(item).parse(run.report.items);
    expect(said).toMatchObject({ file, prefix: 'VN-LAW', pieces: 3, units: 3, out });
    const text = readFileSync(out, 'utf8');
    const manifest: Manifest = JSON.parse(text);
    expect(text).toBe(`${canonicalize(manifest)}\n`);
    expect([manifest.digest, manifest.origin]).toEqual([said!.digest, file]);
    expect(manifestDigest(manifest)).toBe(said!.digest);
    expect(manifest.pieces.map(({ address }) => address)).toEqual([
      'VN-LAW/LUAT',
      'VN-LAW/DIEU-1',
      'VN-LAW/DIEU-2',
    ]);
    // A copy elsewhere has the same digest; an older manifest is replaced.
    const copy = join(at, 'copy.md');
    const again = await iu(['cut', 'mark', copy, '--prefix', 'VN-LAW', '--profile', 'law', '--out', out]);
    expect(again.report.items).toMatchObject([{ digest: said!.digest }]);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ ...manifest, origin: copy });
  });

  it('shows the pieces to people, and says when nothing opens a unit', async () => {
    const at = folder({ 'law.md': LAW, 'plain.txt': 'only words\n' });
    const shown = await startIu([
      'cut',
      'mark',
      join(at, 'law.md'),
      '--prefix',
      'VN-LAW',
      '--profile',
      'law',
    ]);
    expect(shown.stdout).toContain('  VN-LAW/DIEU-1  article  lines 3-6  Điều 1. Phạm vi\n');
    const plain = await startIu(['cut', 'mark', join(at, 'plain.txt'), '--prefix', 'DOC']);
    expect(plain.stdout).toContain('nothing opens a unit under profile markdown');
  });

  it('takes a profile from a file, and refuses one that is none with all that is wrong', async () => {
    const at = folder({ 'law.md': LAW, 'bad.json': '{"name": "Mine", "version": 1}', 'none.json': '{' });
    const mine = JSON.parse(readFileSync('scripts/cut/profiles/law.json', 'utf8'));
    writeFileSync(join(at, 'mine.json'), JSON.stringify({ ...mine, name: 'mine', version: 7 }));
    const run = (profile: string) =>
      iu(['cut', 'mark', join(at, 'law.md'), '--prefix', 'VN-LAW', '--profile', profile]);
    expect((await run(join(at, 'mine.json'))).report.items).toMatchObject([
      { profile: { name: 'mine', version: 7 } },
    ]);
    const { report } = await run(join(at, 'bad.json'));
    expect(report).toMatchObject({ exit: 2, findings: [{ code: 'profile_invalid' }] });
    expect(report.findings[0]!.detail).toMatch(/name: is a name.*\n[\s\S]*levels: /);
    expect((await run(join(at, 'none.json'))).report.findings).toMatchObject([{ code: 'profile_invalid' }]);
    expect((await run('./nowhere.json')).report.findings).toMatchObject([{ code: 'profile_unreadable' }]);
  });

  it.each<[string, string | Buffer | null, string[], number, string]>([
    ['no file', null, ['--prefix', 'DOC'], 2, 'usage'],
    ['no prefix', '# A\n', [], 2, 'usage'],
    ['a bad prefix', '# A\n', ['--prefix', 'doc'], 2, 'prefix_invalid'],
    ['a reserved prefix', '# A\n', ['--prefix', 'IU-CORE'], 2, 'prefix_reserved'],
    ['an unknown profile', '# A\n', ['--prefix', 'DOC', '--profile', 'lawe'], 2, 'profile_unknown'],
    ['units that are no number', '# A\n', ['--prefix', 'DOC', '--max-units', 'x'], 2, 'usage'],
    ['too many units', '# A\n# B\n', ['--prefix', 'DOC', '--max-units', '1'], 1, 'too_many_units'],
    ['an empty file', '', ['--prefix', 'DOC'], 1, 'empty_file'],
    ['a NUL', 'a\0', ['--prefix', 'DOC'], 1, 'nul_byte'],
    ['no UTF-8', Buffer.from([0x61, 0x0a, 0xe4]), ['--prefix', 'DOC'], 1, 'not_utf8'],
  ])('refuses %s and writes nothing', async (_, text, args, exit, code) => {
    const at = folder(text === null ? {} : { 'document.md': text });
    const out = join(at, 'manifest.json');
    const file = text === null ? [] : [join(at, 'document.md')];
    const { report, code: ended } = await iu(['cut', 'mark', ...file, ...args, '--out', out]);
    expect([ended, report.exit]).toEqual([exit, exit]);
    expect(report.findings).toMatchObject([{ code, next: expect.any(String) }]);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses a file that is not there, a folder, and another subcommand', async () => {
    const at = folder({});
    for (const file of [join(at, 'none.md'), at]) {
      const { report } = await iu(['cut', 'mark', file, '--prefix', 'DOC']);
      expect(report).toMatchObject({ exit: 2, findings: [{ code: 'file_unreadable' }] });
    }
    expect((await iu(['cut', 'slice', 'x'])).report.findings).toMatchObject([{ code: 'usage' }]);
  });

  it('leaves a file alone that is no manifest, the document first of all', async () => {
    const at = folder({ 'law.md': LAW, 'notes.txt': 'mine' });
    for (const name of ['law.md', 'notes.txt']) {
      const run = await iu(['cut', 'mark', join(at, 'law.md'), '--prefix', 'DOC', '--out', join(at, name)]);
      expect(run.report).toMatchObject({ exit: 2, findings: [{ code: 'out_exists' }] });
    }
    expect(readFileSync(join(at, 'law.md'), 'utf8')).toBe(LAW);
    const nowhere = join(at, 'no/where.json');
    const run = await iu(['cut', 'mark', join(at, 'law.md'), '--prefix', 'DOC', '--out', nowhere]);
    expect(run.report).toMatchObject({ exit: 2, findings: [{ code: 'out_unwritable' }] });
  });
});
