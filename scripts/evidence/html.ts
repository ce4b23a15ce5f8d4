import { duration } from '../report/index.ts';
import type { Receipt } from './receipt.ts';
import { STYLE } from './style.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const text = (value: unknown): string =>
  String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** Verdicts of an item that ask nothing of anybody. */
const GOOD = new Set([
  'equal',
  'equal-with-declared-loss',
  'idempotent',
  'reverted',
  'clean',
  'clean-with-declared-residue',
  'passed',
  'covered',
  'applied',
]);

const mark = (good: boolean, words: string): string =>
  `<span class="${good ? 'good' : 'bad'}">${good ? '✓' : '✗'} ${text(words)}</span>`;

/** What each stage of a proof shows, in a sentence for people who do not write SQL. */
const STAGES: Record<string, string> = {
  migrations:
    'Each change of the schema was applied and undone twice, on empty tables and with rows; undone means exactly as before.',
  runtime: 'Each runtime script was applied twice; the second time it changed nothing.',
  probes: 'Each probe was run and rolled back; what it left behind was looked for.',
  reverts: 'Each runtime script was reverted; the catalog and the state tables were as before it.',
  coverage: 'Each function of the schema was called by a test, or is named as one that cannot be observed.',
  tests: 'Each test file was run on a copy of the database of its own.',
};

/** One line of the evidence, whatever the verb calls it. */
interface Line {
  stage: string;
  name: string;
  verdict: string;
  milliseconds: number | null;
  rest: Record<string, unknown>;
}

/** A receipt as one self-contained page: the roll-up first, the evidence one click deeper. No scripts. */
export function receiptHtml(receipt: Receipt): string {
  const lines = receipt.items.map((item) => line(receipt, item));
  const stages = [...new Set(lines.map(({ stage }) => stage))];
  const of = (stage: string) => lines.filter((one) => one.stage === stage);
  const target = receipt.target
    ? `PostgreSQL ${text(receipt.target.server_version)}, ${text(receipt.target.kind)}`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(receipt.verb)}: ${text(receipt.verdict)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(receipt.verb)}: ${mark(receipt.exit === 0, receipt.verdict)}</h1>
<p>${text(receipt.startedAt)} · ${text(receipt.seconds)} s · ${target}</p>
${rollUp(
  receipt,
  stages.map((stage) => [stage, of(stage)]),
)}
${findings(receipt)}
${list('What this receipt does not prove', receipt.notProven)}
<h2>Evidence</h2>
${stages.map((stage) => evidence(stage, of(stage))).join('\n')}
${facts(receipt)}
</main>
</body>
</html>
`;
}

function line(receipt: Receipt, item: Record<string, unknown>): Line {
  const { stage, name, file, verdict, state, milliseconds, ...rest } = item;
  return {
    stage: String(stage ?? receipt.verb),
    name: String(name ?? file ?? ''),
    verdict: String(verdict ?? state ?? ''),
    milliseconds: typeof milliseconds === 'number' ? milliseconds : null,
    rest,
  };
}

function rollUp(receipt: Receipt, stages: Array<[string, Line[]]>): string {
  const longest = Math.max(1, ...stages.map(([, lines]) => total(lines)));
  const rows = stages.map(([stage, lines]) => {
    const bad = lines.filter(({ verdict }) => verdict !== '' && !GOOD.has(verdict)).length;
    const result = bad === 0 ? mark(true, `all ${lines.length}`) : mark(false, `${bad} of ${lines.length}`);
    const time = total(lines);
    const bar = `<span class="bar" style="width:${Math.round((time / longest) * 100)}%"></span>`;
    return `<tr><th scope="row">${text(stage)}</th><td>${result}</td><td>${text(STAGES[stage] ?? '')}</td><td class="time">${duration(time)}${bar}</td></tr>`;
  });
  const skipped = receipt.notRun.map(
    (stage) =>
      `<tr><th scope="row">${text(stage)}</th><td>${mark(false, 'not run')}</td><td>An earlier stage broke off.</td><td></td></tr>`,
  );
  if (rows.length + skipped.length === 0) return '';
  return `<table><thead><tr><th>Stage</th><th>Result</th><th>What it means</th><th>Time</th></tr></thead>
<tbody>${[...rows, ...skipped].join('\n')}</tbody></table>`;
}

const total = (lines: Line[]): number =>
  lines.reduce((sum, { milliseconds }) => sum + (milliseconds ?? 0), 0);

function findings(receipt: Receipt): string {
  if (receipt.findings.length === 0) return '';
  const items = receipt.findings.map(
    (finding) =>
      `<li><p><strong>${text(finding.message)}</strong>${finding.file ? ` <code>${text(finding.file)}</code>` : ''}</p>` +
      `${finding.detail ? `<pre>${text(finding.detail)}</pre>` : ''}${finding.next ? `<p>Next: ${text(finding.next)}</p>` : ''}</li>`,
  );
  return `<h2>Findings</h2><ol>${items.join('\n')}</ol>`;
}

const list = (title: string, lines: string[]): string =>
  lines.length === 0
    ? ''
    : `<h2>${text(title)}</h2><ul>${lines.map((one) => `<li>${text(one)}</li>`).join('')}</ul>`;

function evidence(stage: string, lines: Line[]): string {
  const items = lines.map(({ name, verdict, milliseconds, rest }) => {
    const more = Object.keys(rest).length > 0 ? `<pre>${text(JSON.stringify(rest, null, 2))}</pre>` : '';
    const shown = verdict === '' ? '' : mark(GOOD.has(verdict), verdict);
    return `<li><code>${text(name)}</code> ${shown} ${milliseconds === null ? '' : duration(milliseconds)}${more}</li>`;
  });
  return `<details><summary>${text(stage)}: ${items.length}</summary><ul>${items.join('\n')}</ul></details>`;
}

function facts(receipt: Receipt): string {
  const files = receipt.files.map(
    ({ file, sha256 }) => `<tr><td><code>${text(file)}</code></td><td><code>${text(sha256)}</code></td></tr>`,
  );
  const target = Object.entries(receipt.target ?? {}).map(
    ([key, value]) => `<tr><th scope="row">${text(key)}</th><td>${text(value)}</td></tr>`,
  );
  return `<details><summary>Server</summary><table>${target.join('')}</table></details>
<details><summary>Files: ${files.length}, with the sha256 of their bytes</summary><table>${files.join('\n')}</table></details>
<details><summary>Digest, seal and ledger</summary>
<p>Digest of this receipt: <code>${text(receipt.digest)}</code></p>
<p>Content seal of the schema: <code>${text(receipt.seal ?? 'not taken')}</code></p>
<p>Ledger: ${receipt.ledger.events} events, newest hash <code>${text(receipt.ledger.head ?? 'none')}</code> (ledger.json holds them all).</p></details>`;
}
