import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '../../../scripts/evidence/index.ts';
import { IuError } from '../../../scripts/report/index.ts';
import { iu, REAL_PROJECT } from '../support/index.ts';

let folder: string;
const original = () => join(folder, 'original');
const key = () => join(folder, 'key.pem');
const publicKey = () => join(folder, 'pub.pem');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iu-receipt-'));
  const pair = generateKeyPairSync('ed25519');
  writeFileSync(key(), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(publicKey(), pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const { report } = await iu(['migrate', '--receipt', original(), '--sign', key()], REAL_PROJECT);
  expect(report).toMatchObject({ exit: 0, receipt: original() });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the receipt in which one file was changed. */
function altered(file: string, change: (bytes: Buffer) => Buffer): string {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(original(), copy, { recursive: true });
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file))));
  return copy;
}

/** Whether the check of a folder finds something, and the files it names. */
async function found(where: string, pub?: string): Promise<string[]> {
  try {
    return (await verifyReceipt(where, pub)).findings.map(({ file }) => file ?? '');
  } catch (error) {
    if (error instanceof IuError) return error.findings.map(({ file }) => file ?? '');
    throw error;
  }
}

describe('a receipt', () => {
  it('of any verb is intact as it was written, with and without the key', async () => {
    expect(await found(original())).toEqual([]);
    const { report } = await iu(['receipt', 'verify', original(), '--key', publicKey()]);
    expect(report).toMatchObject({ verdict: 'intact', exit: 0, findings: [], items: [{ signed: true }] });
  });

  it.each(['receipt.json', 'receipt.html', 'ledger.json', 'receipt.sig'])(
    'one flipped byte of %s is found',
    async (file) => {
      const size = readFileSync(join(original(), file)).length - 1;
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: size - 1 }),
          fc.integer({ min: 1, max: 255 }),
          async (place, flip) => {
            const copy = altered(file, (bytes) => {
              bytes[place] = bytes[place]! ^ flip;
              return bytes;
            });
            const named = await found(copy);
            rmSync(copy, { recursive: true });
            expect(named.some((name) => name.includes(file) || name.includes('receipt.'))).toBe(true);
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it('rewritten with care is found by its signature alone', async () => {
    const other = join(folder, 'other');
    await iu(['migrate', '--receipt', other], REAL_PROJECT);
    expect(await found(other)).toEqual([]);
    const { report } = await iu(['receipt', 'verify', other, '--key', publicKey()]);
    expect(report).toMatchObject({ verdict: 'altered', exit: 1, findings: [{ code: 'receipt_altered' }] });
    expect(report.findings[0]!.message).toContain('not signed');
  });

  it('that is not there, or could not be written, is no clean run', async () => {
    expect((await iu(['receipt', 'verify', folder])).report).toMatchObject({
      exit: 2,
      findings: [{ code: 'no_receipt' }],
    });
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { report } = await iu(['migrate', '--receipt', join(file, 'inside')], REAL_PROJECT);
    expect(report).toMatchObject({ verdict: 'inconclusive', exit: 6, findings: [{ code: 'no_receipt' }] });
  });
});
