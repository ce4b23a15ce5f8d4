import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Argument } from 'commander';
import { canonical, LARGEST_FILE, loadProfile, type Manifest, mark } from '../cut/index.ts';
import { EXIT, IuError, type Outcome } from '../report/index.ts';
import { wholeNumber } from './connection.ts';
import type { Context, Verb } from './verb.ts';

/** How many pieces are shown to people; all are in the manifest. */
const SHOWN = 40;

export const cut: Verb = {
  name: 'cut',
  summary: 'cut a document into units: mark FILE says into which pieces, without a database',
  configure: (command) =>
    void command
      .addArgument(new Argument('<action>', 'what to do').choices(['mark']))
      .argument('[file]', 'the document: Markdown, or plain text with a profile for it')
      .option('--prefix <prefix>', 'the document: what its addresses begin with, 3 to 32 of A-Z 0-9 -')
      .option('--profile <name>', 'which rules cut it: a name, or a JSON file', 'markdown')
      .option('--max-units <n>', 'refuse a document of more pieces (default: 100000)', wholeNumber)
      .option('--out <manifest>', 'write the manifest to this file'),
  run: (context, options, [, file]) => markFile(context, file, options),
};

async function markFile(
  { progress }: Context,
  file: string | undefined,
  options: Record<string, unknown>,
): Promise<Outcome> {
  const {
    prefix,
    profile: name,
    maxUnits,
    out,
  } = options as {
    prefix?: string;
    profile: string;
    maxUnits?: number;
    out?: string;
  };
  const next = 'npm run iu -- cut mark FILE --prefix DE-GG';
  if (!file) throw usage('usage', 'cut mark needs a file', next);
  if (!prefix)
    throw usage('usage', 'cut mark needs --prefix', `npm run iu -- cut mark ${file} --prefix DE-GG`);
  const profile = loadProfile(name);
  if (out) await assertReplaceable(out, file);
  const bytes = await read(file);
  const limit = maxUnits === undefined ? {} : { maxUnits };
  const manifest = mark(bytes, { origin: file, prefix, profile, ...limit });
  if (out) await write(out, `${canonical(manifest)}\n`);
  describe(manifest, progress.line);
  if (out) progress.line(`manifest: ${out}`);
  return { verdict: 'marked', exit: EXIT.clean, items: [item(manifest, out)], findings: [] };
}

function item({ digest, origin, prefix, source, profile, pieces }: Manifest, out: string | undefined) {
  const units = pieces.filter(({ role }) => role === 'unit').length;
  return {
    file: origin,
    prefix,
    digest,
    pieces: pieces.length,
    units,
    source,
    profile,
    ...(out ? { out } : {}),
  };
}

function describe({ pieces, source, profile, digest }: Manifest, line: (text: string) => void): void {
  for (const { address, section_type, role, line_start, line_end, title } of pieces.slice(0, SHOWN)) {
    const lines = line_start === line_end ? `line ${line_start}` : `lines ${line_start}-${line_end}`;
    const what = role === 'unit' ? section_type : role.replace('_', ' ');
    line(`  ${address}  ${what}  ${lines}  ${title}`);
  }
  if (pieces.length > SHOWN) line(`  … and ${pieces.length - SHOWN} more; --out FILE writes all of them`);
  const kept = `${pieces.length} ${pieces.length === 1 ? 'piece' : 'pieces'}, ${source.bytes} bytes, ${source.lines} lines`;
  line(`${kept}, profile ${profile.name} ${profile.version}`);
  line(`digest ${digest}`);
  if (!pieces.some(({ role }) => role === 'unit'))
    line(`nothing opens a unit under profile ${profile.name}: another may (--profile, docs/iu-cut.md)`);
}

function usage(code: string, message: string, next: string): IuError {
  return new IuError('usage', { code, message, next });
}

const why = ({ code, message }: NodeJS.ErrnoException): string => {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  return code ?? message;
};

async function read(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_FILE) {
      const message = `${file} has ${size} bytes; up to ${LARGEST_FILE} are taken`;
      throw new IuError('finding', { code: 'too_large', message, file, next: 'split it into documents' });
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof IuError) throw error;
    const message = `cannot read ${file}: ${why(error as NodeJS.ErrnoException)}`;
    throw usage('file_unreadable', message, 'check the path and its permissions');
  }
}

/** What is there may be replaced only if it is a manifest, and not by the document itself. */
async function assertReplaceable(out: string, file: string): Promise<void> {
  const real = (path: string) => realpath(path).catch(() => null);
  const [there, source] = [await real(out), await real(file)];
  if (there === null) return;
  const is = await readFile(there, 'utf8').catch(() => '');
  if (there !== source && /^\{"digest":"[0-9a-f]{64}","format":"iu-cut-manifest\//.test(is)) return;
  const message = `${out} is there already and is no manifest: it is left alone`;
  throw usage('out_exists', message, 'name another file with --out');
}

/** Puts the whole file there, or nothing. */
async function write(out: string, text: string): Promise<void> {
  const temporary = `${out}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, out);
  } catch (error) {
    await rm(temporary, { force: true });
    const message = `cannot write ${out}: ${why(error as NodeJS.ErrnoException)}`;
    throw usage('out_unwritable', message, 'check the folder, its permissions and the room there');
  }
}
