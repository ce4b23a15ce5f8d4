import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import { socketOf } from './server.ts';

/** 200 bytes of text, in every system the same. */
export const TEXT = 'Die Wuerde des Menschen ist unantastbar. '.repeat(5).slice(0, 200);

export interface Load {
  clients: number;
  seconds: number;
  /** Transactions per second, by the clock (a late one is not forgiven); none: as fast as it goes. */
  rate?: number;
  /** With synchronous_commit off: what the machine computes, without the disk. Not durable. */
  async?: true;
}

/** Runs a statement with pgbench, one per transaction, prepared; the server's rows are what counts, not what it says. */
export async function pgbench(
  folder: string,
  url: string,
  database: string,
  script: string,
  { clients, seconds, rate }: Load,
): Promise<void> {
  const file = join(folder, 'script.sql');
  writeFileSync(file, script);
  const paced = rate ? ['-R', String(rate)] : [];
  const where = ['-h', socketOf(url), '-p', '5432', '-U', 'postgres', database];
  await $({
    quiet: true,
  })`pgbench -n -M prepared -c ${clients} -j 2 -T ${seconds} ${paced} -f ${file} ${where}`;
}

export const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

export const percentile = (numbers: number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ??
  Number.NaN;
