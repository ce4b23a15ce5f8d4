import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { receiptHtml } from './html.ts';
import type { Event } from './ledger.ts';
import type { Receipt } from './receipt.ts';

/** Writes receipt.json, receipt.html and ledger.json into `folder` (made if absent) and returns its name. */
export async function writeReceipt(folder: string, receipt: Receipt, chain: Event[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, 'receipt.json'), `${canonicalize(receipt)}\n`),
    writeFile(join(folder, 'ledger.json'), `${canonicalize(chain)}\n`),
    writeFile(join(folder, 'receipt.html'), receiptHtml(receipt)),
  ]);
  return folder;
}
