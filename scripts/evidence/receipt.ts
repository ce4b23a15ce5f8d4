import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import type { Evidence } from '../report/index.ts';
import type { Event } from './ledger.ts';
import { type Report, report } from './report-schema.ts';

/** A receipt: the report of one run, with its evidence. docs/FORMATS.md is the contract. */
export const receiptSchema = report.omit({ receipt: true }).extend({
  format: z.literal('iu-receipt/1'),
  files: z.array(z.strictObject({ file: z.string(), sha256: z.string(), digest: z.string() })),
  seal: z.string().nullable(),
  notRun: z.array(z.string()),
  notProven: z.array(z.string()),
  ledger: z.strictObject({ events: z.int(), head: z.string().nullable() }),
  /** sha256 (hex) of the canonical JSON of all the rest. */
  digest: z.string(),
});

export type Receipt = z.infer<typeof receiptSchema>;

/** Canonical JSON (RFC 8785) with a line feed at its end: the bytes that are written, digested and signed. */
export const canonical = (value: unknown): string => `${canonicalize(value)}\n`;

/** The digest a receipt must carry. It shows a slip or a careless edit; who edits with care is shown by a signature. */
export function receiptDigest({ digest: _, ...body }: Receipt): string {
  return createHash('sha256').update(canonical(body)).digest('hex');
}

/** Makes the receipt of a finished run. Pure: the same run gives the same bytes. */
export function makeReceipt({ receipt: _, ...run }: Report, evidence?: Evidence): Receipt {
  const chain = (evidence?.chain ?? []) as Event[];
  const body: Receipt = {
    format: 'iu-receipt/1',
    // In the very form in which it will be read again: keys in canonical order, no undefined, no Date.
    ...(JSON.parse(canonical(run)) as typeof run),
    files: evidence?.files ?? [],
    seal: evidence?.seal ?? null,
    notRun: evidence?.notRun ?? [],
    notProven: evidence?.notProven ?? [],
    ledger: { events: chain.length, head: chain.at(-1)?.hash ?? null },
    digest: '',
  };
  return { ...body, digest: receiptDigest(body) };
}
