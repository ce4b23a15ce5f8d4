import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { type Finding, IuError } from '../report/index.ts';
import { loadParser, parseSqlBytes, type SqlFile, type Statement, snippet } from '../sql/index.ts';
import { obey } from './meta.ts';
import { interpolate, type Variables } from './variables.ts';

/** One thing to do: send a statement, or print a line that `\echo` asked for. */
export type Piece = { file: SqlFile; statement: Statement } | { echo: string };

/** Whether a piece is a statement. */
export const isStatement = (piece: Piece): piece is Extract<Piece, { file: SqlFile }> => 'file' in piece;

/** A test file, read as psql would read it: includes and variables resolved. */
export interface Source {
  /** As shown to people: relative to the folder the runner works in. */
  file: string;
  pieces: Piece[];
}

/**
 * Reads the test file at `file` (relative to `root`, like `\i` in it). Throws an IuError (exit finding) that
 * names file and line of what cannot be run: a syntax error, COPY … FROM STDIN, a meta-command it does not know.
 */
export async function readSource(root: string, file: string): Promise<Source> {
  await loadParser();
  return { file, pieces: await readPieces({ root, variables: new Map(), trail: [] }, file) };
}

interface Reading {
  root: string;
  variables: Variables;
  /** The files that include each other down to this one. */
  trail: string[];
}

async function readPieces(reading: Reading, file: string): Promise<Piece[]> {
  const text = await readText(resolve(reading.root, file), file);
  const inner = { ...reading, trail: [...reading.trail, file] };
  const pieces: Piece[] = [];
  let start = 0;
  for (const { 0: line, index } of text.matchAll(/^[ \t]*\\[^\n]*/gm)) {
    if (index < start) continue;
    // A backslash within a string, a comment or a statement is none of ours: the parser tells.
    const before = parse(text, start, index, file, reading.variables, true);
    if (before === null) continue;
    pieces.push(...before);
    const effect = obey(line.trim(), reading.variables);
    if (effect.kind === 'refused') throw refusal(text, index + line.indexOf('\\'), file, effect.why);
    if (effect.kind === 'echo') pieces.push({ echo: effect.text });
    if (effect.kind === 'include') {
      const next = effect.relative ? join(dirname(file), effect.path) : effect.path;
      pieces.push(...(await include(inner, next, text, index, file)));
    }
    start = index + line.length;
  }
  pieces.push(...parse(text, start, text.length, file, reading.variables, false)!);
  return pieces;
}

async function include(reading: Reading, next: string, text: string, index: number, file: string) {
  const shown = relative(reading.root, resolve(reading.root, next));
  if (reading.trail.includes(shown)) throw refusal(text, index, file, `${shown} includes itself`);
  return readPieces(reading, shown);
}

/** A statement that can follow only a complete one: no label, no operand. */
const SENTINEL = '\nselect 1';

/**
 * The statements of a stretch of `text`; with `ended` null unless the last of them is complete, its semicolon
 * included. White space stands for what was before the stretch, so that lines count as in the file.
 */
function parse(
  text: string,
  start: number,
  end: number,
  file: string,
  variables: Variables,
  ended: boolean,
): Piece[] | null {
  const before = text.slice(0, start).replace(/[^\n]/g, ' ');
  const stretch = before + interpolate(text.slice(start, end), variables);
  try {
    const parsed = parseSqlBytes(Buffer.from(ended ? stretch + SENTINEL : stretch), file);
    const statements = ended ? parsed.statements.slice(0, -1) : parsed.statements;
    return statements.map((statement) => ({ file: parsed, statement }));
  } catch (error) {
    if (!(error instanceof IuError)) throw error;
    if (ended) return null;
    if (error.findings.every(({ code }) => code === 'no_statement')) return [];
    throw error;
  }
}

async function readText(path: string, shown: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? error.message);
    throw new IuError('finding', finding('file_unreadable', `cannot read ${shown}: ${why}`, shown));
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    parseSqlBytes(bytes, shown); // says which byte it is
    throw new IuError('bug', finding('not_utf8', `${shown} is UTF-8 to one decoder only`, shown));
  }
}

function refusal(text: string, offset: number, file: string, why: string): IuError {
  const command = /^\S*/.exec(text.slice(offset))![0];
  const { line, detail } = snippet(text, offset);
  const message = `${file} line ${line}: psql meta-command ${command} is refused: ${why}`;
  const next = 'say it in SQL, or leave it out (docs/iu-test.md lists the commands that are known)';
  return new IuError('finding', { ...finding('psql_meta_command', message, file), detail, next });
}

const finding = (code: string, message: string, file: string): Finding => ({ code, message, file });
