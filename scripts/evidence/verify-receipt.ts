import { createPublicKey, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Finding, IuError } from '../report/index.ts';
import { firstBrokenEvent } from './hash.ts';
import { receiptHtml } from './html.ts';
import type { Event } from './ledger.ts';
import { canonical, type Receipt, receiptDigest, receiptSchema } from './receipt.ts';

/** What an offline check of a receipt found. `signed`: whether a signature was there and checked. */
export interface Verification {
  receipt: Receipt;
  signed: boolean;
  findings: Finding[];
}

/**
 * Recomputes everything in a receipt's folder, without a server: digest, canonical form, the page, the chain
 * of the ledger and what the receipt cites of it, the signature if there is one (against `publicKey` where
 * it is given, else the key that lies beside it, which proves only that both were written together).
 * Throws a usage error when there is no receipt there.
 */
export async function verifyReceipt(folder: string, publicKey: string | undefined): Promise<Verification> {
  const bytes = await read(folder, 'receipt.json');
  const receipt = parse(folder, bytes);
  const findings: Finding[] = [];
  const wrong = (file: string, message: string) =>
    findings.push({
      code: 'receipt_altered',
      message: `${file}: ${message}`,
      file: join(folder, file),
      next: NEXT,
    });

  if (receiptDigest(receipt) !== receipt.digest)
    wrong('receipt.json', 'its digest does not cover what it says');
  if (canonical(receipt) !== bytes) wrong('receipt.json', 'it is not in canonical form');
  if ((await read(folder, 'receipt.html')) !== receiptHtml(receipt))
    wrong('receipt.html', 'it does not show this receipt');
  for (const problem of await ledgerProblems(folder, receipt)) wrong('ledger.json', problem);
  const signed = existsSync(join(folder, 'receipt.sig')) || publicKey !== undefined;
  if (signed)
    for (const problem of await signatureProblems(folder, bytes, publicKey)) wrong('receipt.sig', problem);
  return { receipt, signed, findings };
}

const NEXT = 'ask whoever made it for the original, and keep this one as evidence';

function parse(folder: string, bytes: string): Receipt {
  try {
    return receiptSchema.parse(JSON.parse(bytes));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    const message = `receipt.json in ${folder} is no receipt: ${why}`;
    throw new IuError('finding', {
      code: 'receipt_altered',
      message,
      file: join(folder, 'receipt.json'),
      next: NEXT,
    });
  }
}

async function ledgerProblems(folder: string, receipt: Receipt): Promise<string[]> {
  const bytes = await read(folder, 'ledger.json');
  let chain: Event[];
  try {
    chain = JSON.parse(bytes);
  } catch (error) {
    return [`it is no JSON: ${(error as Error).message}`];
  }
  const broken = firstBrokenEvent(chain);
  const cited =
    receipt.ledger.events === chain.length && receipt.ledger.head === (chain.at(-1)?.hash ?? null);
  return [
    ...(canonical(chain) === bytes ? [] : ['it is not in canonical form']),
    ...(broken ? [`event ${broken.seq}: ${broken.problem}`] : []),
    ...(cited ? [] : ['it is not the chain that the receipt cites']),
  ];
}

async function signatureProblems(
  folder: string,
  bytes: string,
  publicKey: string | undefined,
): Promise<string[]> {
  if (!existsSync(join(folder, 'receipt.sig'))) return ['the receipt is not signed'];
  try {
    const key = createPublicKey(publicKey ? await readFile(publicKey) : await read(folder, 'receipt.pub'));
    const text = await read(folder, 'receipt.sig');
    const signature = Buffer.from(text, 'base64');
    // Decoding overlooks what is no base64; what is signed must not.
    if (`${signature.toString('base64')}\n` !== text) return ['it is no base64 of a signature'];
    return verify(null, Buffer.from(bytes), key, signature)
      ? []
      : ['the signature is not one of this receipt and key'];
  } catch (error) {
    return [`the signature could not be checked: ${(error as Error).message}`];
  }
}

async function read(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    const message = `no ${name} in ${folder}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`;
    const next = 'give the folder that a verb named after "receipt:"';
    throw new IuError('usage', { code: 'no_receipt', message, file: join(folder, name), next });
  }
}
