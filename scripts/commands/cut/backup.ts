import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Backup } from '../../cut-run/index.ts';
import { usage, why } from './document.ts';

const stated = z.object({ kind: z.string(), ref: z.string(), sha256: z.string(), taken_at: z.string() });

/** What `--backup FILE` states: the four fields the server asks for, and what else is there. */
export async function readBackup(file: string): Promise<Backup> {
  const next = 'write a JSON object { kind, ref, sha256, taken_at }';
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usage('backup_unreadable', `cannot read ${file}: ${why(error)}`, next);
  });
  try {
    return stated.parse(JSON.parse(text));
  } catch {
    throw usage('backup_invalid', `${file} states no backup`, next);
  }
}
