/*
 * Marking a document, beside the Markdown parser alone on the same text:
 *
 *   node test/bench/mark.ts [megabytes]        (8; the parser alone gets at most 2)
 *
 * Each document of the corpus (beside the repository, or IU_CORPUS) is repeated until it has that size. Wall time and the
 * process's own CPU time (which another process on the machine does not stretch), best of three; peak memory
 * of this process so far.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { loadProfile, mark } from '../../scripts/cut/index.ts';

const [megabytes = 8] = process.argv.slice(2).map(Number);
const CORPUS = process.env.IU_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus');
const FILES: Array<[string, string]> = [
  ['us-constitution.md', 'markdown'],
  ['de-grundgesetz.md', 'markdown'],
  ['de-grundgesetz.md', 'law'],
  ['vi-thong-tu-15-2026.md', 'law'],
  ['gdpr-for-devs.md', 'law'],
  ['18f-speaking-playbook.md', 'markdown'],
  ['commonmark-spec.txt', 'markdown'],
  ['rfc1951.txt', 'text'],
];

function timed(work: () => unknown, rounds: number): { wall: number; cpu: number } {
  const best = { wall: Infinity, cpu: Infinity };
  for (let round = 0; round < rounds; round++) {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    work();
    const { user, system } = process.cpuUsage(cpu);
    best.wall = Math.min(best.wall, (performance.now() - wall) / 1000);
    best.cpu = Math.min(best.cpu, (user + system) / 1e6);
  }
  return best;
}

const sized = (file: string, size: number): Buffer => {
  const one = readFileSync(join(CORPUS, file));
  return Buffer.concat(Array.from({ length: Math.ceil((size * 1e6) / one.length) }, () => one));
};

const column = (text: string | number, width: number) => String(text).padStart(width);
process.stdout.write(
  `${'document, profile'.padEnd(36)}   pieces  MB/s wall  MB/s CPU  parser alone, wall, CPU\n`,
);
for (const [file, name] of FILES) {
  const bytes = sized(file, megabytes);
  const profile = loadProfile(name);
  let pieces = 0;
  const ours = timed(() => {
    pieces = mark(bytes, { origin: file, prefix: 'BENCH', profile, maxUnits: 1e7 }).pieces.length;
  }, 3);
  const text = sized(file, Math.min(megabytes, 2)).toString('utf8');
  const alone = timed(() => fromMarkdown(text), 1);
  const rate = (size: number, seconds: number) => column((size / 1e6 / seconds).toFixed(1), 10);
  process.stdout.write(
    `${`${file}, ${name}`.padEnd(36)} ${column(pieces, 8)} ${rate(bytes.length, ours.wall)}${rate(bytes.length, ours.cpu)}` +
      `${column('', 10)}${rate(Buffer.byteLength(text), alone.wall)}${rate(Buffer.byteLength(text), alone.cpu)}\n`,
  );
}
process.stdout.write(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB\n`);
