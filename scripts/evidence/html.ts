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

const GOOD = new Set(['equal', 'idempotent', 'reverted', 'clean', 'proven']);

const badge = (verdict: string): string =>
  `<span class="${GOOD.has(verdict) ? 'good' : 'bad'}">${GOOD.has(verdict) ? '✓' : '✗'} ${text(verdict)}</span>`;

/** What each stage proves, in a sentence for people who do not write SQL. */
const STAGES: Record<string, string> = {
  migrations:
    'Each change of the schema was applied, undone and applied again; undone means exactly as before.',
  runtime: 'Each runtime script was applied twice; the second time it changed nothing.',
  probes: 'Each probe was run and rolled back; it left no row, moved no sequence, committed nothing.',
  reverts: 'Each runtime script was reverted; the catalog and the state tables were as before it.',
};

/** A receipt as one self-contained page: the roll-up first, the evidence one click deeper. No scripts. */
export function receiptHtml(receipt: Receipt): string {
  const title = `${receipt.verb}: ${receipt.verdict}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(receipt.verb)}: ${badge(receipt.verdict)}</h1>
<p>${text(receipt.startedAt)} · ${text(receipt.seconds)} s · PostgreSQL ${text(receipt.target.server_version)},
${text(receipt.target.kind)}</p>
${rollUp(receipt)}
${findings(receipt)}
${notProven(receipt)}
<h2>Evidence</h2>
${stages(receipt)
  .map((stage) => evidence(receipt, stage))
  .join('\n')}
${facts(receipt)}
</main>
</body>
</html>
`;
}

const stages = (receipt: Receipt): string[] => [...new Set(receipt.items.map((item) => item.stage))];

function rollUp(receipt: Receipt): string {
  const rows = stages(receipt).map((stage) => {
    const items = receipt.items.filter((item) => item.stage === stage);
    const bad = items.filter((item) => !GOOD.has(item.verdict)).length;
    const time = items.reduce((sum, item) => sum + item.milliseconds, 0);
    const verdict =
      bad === 0
        ? `<span class="good">✓ all ${items.length}</span>`
        : `<span class="bad">✗ ${bad} of ${items.length}</span>`;
    return `<tr><th scope="row">${text(stage)}</th><td>${verdict}</td><td>${text(STAGES[stage] ?? '')}</td><td class="time">${duration(time)}</td></tr>`;
  });
  const skipped = receipt.notRun.map(
    (stage) =>
      `<tr><th scope="row">${text(stage)}</th><td><span class="bad">not run</span></td><td>An earlier stage broke off.</td><td></td></tr>`,
  );
  return `<table><thead><tr><th>Stage</th><th>Result</th><th>What it means</th><th>Time</th></tr></thead>
<tbody>${[...rows, ...skipped].join('\n')}</tbody></table>`;
}

function findings(receipt: Receipt): string {
  if (receipt.findings.length === 0) return '';
  const items = receipt.findings.map(
    (finding) =>
      `<li><p><strong>${text(finding.message)}</strong>${finding.file ? ` <code>${text(finding.file)}</code>` : ''}</p>` +
      `${finding.detail ? `<pre>${text(finding.detail)}</pre>` : ''}${finding.next ? `<p>Next: ${text(finding.next)}</p>` : ''}</li>`,
  );
  return `<h2>Findings</h2><ol>${items.join('\n')}</ol>`;
}

const notProven = (receipt: Receipt): string =>
  `<h2>What this receipt does not prove</h2><ul>${receipt.notProven.map((line) => `<li>${text(line)}</li>`).join('')}</ul>`;

function evidence(receipt: Receipt, stage: string): string {
  const items = receipt.items
    .filter((item) => item.stage === stage)
    .map(({ stage: _, name, verdict, milliseconds, ...rest }) => {
      const more = Object.keys(rest).length > 0 ? `<pre>${text(JSON.stringify(rest, null, 2))}</pre>` : '';
      return `<li><code>${text(name)}</code> ${badge(verdict)} ${duration(milliseconds)}${more}</li>`;
    });
  return `<details><summary>${text(stage)}: ${items.length}</summary><ul>${items.join('\n')}</ul></details>`;
}

function facts(receipt: Receipt): string {
  const files = receipt.files.map(
    ({ file, sha256 }) => `<tr><td><code>${text(file)}</code></td><td><code>${text(sha256)}</code></td></tr>`,
  );
  const target = Object.entries(receipt.target).map(
    ([key, value]) => `<tr><th scope="row">${text(key)}</th><td>${text(value)}</td></tr>`,
  );
  return `<details><summary>Server</summary><table>${target.join('')}</table></details>
<details><summary>Files: ${files.length}, with the sha256 of their bytes</summary><table>${files.join('\n')}</table></details>
<details><summary>Seal and ledger</summary><p>Content seal of the schema: <code>${text(receipt.seal)}</code></p>
<p>Ledger: ${receipt.ledger.events} events, newest hash <code>${text(receipt.ledger.head)}</code> (ledger.json holds them all).</p></details>`;
}
