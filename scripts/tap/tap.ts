import type { FileResult } from './result.ts';

/** The run as TAP 14: one subtest per file, with what the file printed. */
export function renderTap(files: FileResult[], notRun: string[]): string {
  const all = files.map((result, index) => [...subtest(result), point(result, index + 1)]);
  const bailed = files.find(({ bailedOut }) => bailedOut !== null);
  const end = bailed ? [`Bail out! ${bailed.bailedOut}`] : [];
  return `${['TAP version 14', `1..${files.length + notRun.length}`, ...all.flat(), ...end].join('\n')}\n`;
}

/** A bail-out within a file would end the whole stream there: it goes last. */
function subtest({ file, lines, failures }: FileResult): string[] {
  const printed = lines.filter((line) => !line.startsWith('Bail out!'));
  const remarks = failures
    .filter(({ n }) => n === null)
    .flatMap(({ name, diagnostics }) => `${name}\n${diagnostics}`.trimEnd().split('\n'));
  return [`# Subtest: ${escaped(file)}`, ...[...printed, ...remarks.map((line) => `# ${line}`)].map(indent)];
}

const point = ({ ok, file, seconds }: FileResult, n: number) =>
  `${ok ? 'ok' : 'not ok'} ${n} - ${escaped(file)} # time=${seconds * 1000}ms`;

const indent = (line: string) => `    ${line}`;

const escaped = (text: string) => text.replace(/[\\#]/g, '\\$&');
