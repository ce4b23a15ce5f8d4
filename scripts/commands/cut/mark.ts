import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { canonical, type Manifest } from '../../cut/index.ts';
import { EXIT, type Outcome } from '../../report/index.ts';
import type { Context } from '../verb.ts';
import { asked, markDocument, usage, why } from './document.ts';
import type { Given } from './given.ts';

/** How many pieces are shown to people; all are in the manifest. */
const SHOWN = 40;

/** `iu cut mark FILE`: says into which pieces a file would be cut, without a database. */
export async function markFile({ progress }: Context, given: Given): Promise<Outcome> {
  const { out } = given;
  const document = asked(given, 'mark');
  if (out) await assertReplaceable(out, document.file);
  const { manifest } = await markDocument(document);
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
