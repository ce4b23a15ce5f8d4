import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { IuError } from '../report/index.ts';
import { canonical } from './receipt.ts';

const texts = z.record(z.string(), z.string());

/** A seal that is kept in a file: what was sealed, when and where, with every fact, so that a later one can be compared with it. */
const sealFile = z.strictObject({
  format: z.literal('iu-seal/1'),
  takenAt: z.iso.datetime(),
  target: z.record(z.string(), z.unknown()),
  digest: z.string(),
  major: z.int(),
  unmodelled: z.array(z.string()),
  kinds: z.array(z.string()),
  objects: z.record(z.string(), texts),
  /** Rows by table, where they were digested too. */
  data: z.record(z.string(), z.strictObject({ rows: z.int(), digest: z.string() })).nullable(),
  /** sha256 (hex) of the canonical JSON of all the rest. */
  checksum: z.string(),
});

export type SealFile = Omit<z.infer<typeof sealFile>, 'checksum'>;

const checksum = (seal: SealFile): string => createHash('sha256').update(canonical(seal)).digest('hex');

/** Writes a seal as canonical JSON (RFC 8785). */
export const writeSeal = (file: string, seal: SealFile): Promise<void> =>
  writeFile(file, canonical({ ...seal, checksum: checksum(seal) }));

/** Reads a seal file; throws a usage error when it is none. */
export async function readSeal(file: string): Promise<SealFile> {
  try {
    const { checksum: said, ...seal } = sealFile.parse(JSON.parse(await readFile(file, 'utf8')));
    if (checksum(seal) !== said) throw new Error('it was changed after it was written');
    return seal;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    const next = 'give a file that "iu seal --out FILE" wrote, or a postgres:// URL';
    throw new IuError('usage', { code: 'no_seal_file', message: `${file} is no seal: ${why}`, file, next });
  }
}
