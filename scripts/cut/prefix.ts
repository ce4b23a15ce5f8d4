import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { misused } from './refusal.ts';

const GRAMMAR = /^[A-Z0-9][A-Z0-9-]{1,30}[A-Z0-9]$/;

/** Refuses (exit 2) what is no document prefix, and the prefixes of reserved-prefixes.json. */
export function assertPrefix(prefix: string): void {
  if (!GRAMMAR.test(prefix)) {
    const message = `${JSON.stringify(prefix)} is no prefix: it takes 3 to 32 of A-Z 0-9 -, no dash at its ends`;
    throw misused('prefix_invalid', message, 'name the document, for example --prefix DE-GG');
  }
  const reserved: string[] = JSON.parse(
    readFileSync(join(import.meta.dirname, 'reserved-prefixes.json'), 'utf8'),
  );
  if (!reserved.includes(prefix)) return;
  const message = `the prefix ${prefix} is reserved, as are ${reserved.filter((one) => one !== prefix).join(', ')}`;
  throw misused('prefix_reserved', message, 'choose another, for example one with the name of the document');
}
