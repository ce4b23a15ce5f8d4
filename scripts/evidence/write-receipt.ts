import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Evidence, IuError } from '../report/index.ts';
import { receiptHtml } from './html.ts';
import { canonical, makeReceipt } from './receipt.ts';
import type { Report } from './report-schema.ts';

/**
 * Writes receipt.json, receipt.html and ledger.json into `folder` (made if absent), and with an Ed25519
 * private key (PEM) receipt.sig and receipt.pub. Throws an inconclusive IuError when it cannot: a run
 * without its evidence is not clean.
 */
export async function writeReceipt(
  folder: string,
  run: Report,
  evidence: Evidence | undefined,
  keyFile: string | undefined,
): Promise<void> {
  const receipt = makeReceipt(run, evidence);
  const text = canonical(receipt);
  try {
    await mkdir(folder, { recursive: true });
    const files: Record<string, string> = {
      'receipt.json': text,
      'receipt.html': receiptHtml(receipt),
      'ledger.json': canonical(evidence?.chain ?? []),
      ...(keyFile ? await signature(text, keyFile) : {}),
    };
    await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)));
  } catch (error) {
    const message = `the receipt could not be written to ${folder}: ${(error as Error).message}`;
    const next = 'give another folder with --receipt, or mend the key, and run this again';
    throw new IuError('inconclusive', { code: 'no_receipt', message, next }, { cause: error });
  }
}

/** The signature over the bytes of receipt.json, and the public key to check it with. */
async function signature(text: string, keyFile: string): Promise<Record<string, string>> {
  const key = createPrivateKey(await readFile(keyFile));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${keyFile} is no Ed25519 private key`);
  return {
    'receipt.sig': `${sign(null, Buffer.from(text), key).toString('base64')}\n`,
    'receipt.pub': createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  };
}
