import { createHash } from 'node:crypto';
import { addressesOf, LONGEST_ADDRESS } from './address.ts';
import { frontMatterLines } from './front-matter.ts';
import { bomSize, type Lines } from './lines.ts';
import type { Profile } from './profile.ts';
import { refused } from './refusal.ts';
import { findOpenings, type Opening } from './units.ts';

/** A piece of a document. The pieces of a document partition its bytes and its lines, in order. */
export interface Piece {
  /** Names the piece in this manifest: `p1`, `p2` …, the number is its position. */
  id: string;
  /** Its place in the document, from 1, dense. */
  position: number;
  /** The id of the piece it is under, or null at the top. */
  parent: string | null;
  role: 'front_matter' | 'preamble' | 'unit';
  kind: string;
  section_type: string;
  title: string;
  address: string;
  /** From this byte on, counted from 0 … */
  byte_start: number;
  /** … up to this one, itself not included. */
  byte_end: number;
  /** Both counted from 1, both included. LF, CRLF and a lone CR end a line. */
  line_start: number;
  line_end: number;
  /** Of its bytes, in hex. */
  sha256: string;
}

/** What a piece is before its address and its end are known. */
type Draft = Opening & { role: Piece['role']; segment?: string };

/**
 * Cuts a document into pieces: front matter, the text before the first unit (unless it is blank: then it
 * belongs to what follows), and the units, each up to the next. `file` is its name in what is thrown: a
 * refusal for more than `maxUnits` pieces, for an address longer than 2,048 characters, and what findOpenings
 * throws.
 */
export function cutIntoPieces(
  lines: Lines,
  { prefix, profile, maxUnits, file }: { prefix: string; profile: Profile; maxUnits: number; file: string },
): Piece[] {
  const drafts = draft(lines, profile, file);
  if (drafts.length > maxUnits) {
    const line = drafts[maxUnits]!.line + 1;
    const message = `${file} gives ${drafts.length} units, more than ${maxUnits}: number ${maxUnits + 1} is at line ${line}`;
    throw refused('too_many_units', message, file, `--max-units ${drafts.length}, or another profile`);
  }
  const parents = parentsOf(drafts);
  const addresses = addressAll(prefix, drafts, parents, profile, file);
  return drafts.map((one, index) => {
    const next = drafts[index + 1]?.line ?? lines.count;
    const byte_start = index === 0 ? 0 : lines.starts[one.line]!;
    const byte_end = lines.starts[next]!;
    const parent = parents[index]!;
    return {
      id: `p${index + 1}`,
      position: index + 1,
      parent: parent === null ? null : `p${parent + 1}`,
      role: one.role,
      kind: profile.data.unit_kind,
      section_type: sectionType(one, profile),
      title: one.title,
      address: addresses[index]!,
      byte_start,
      byte_end,
      line_start: index === 0 ? 1 : one.line + 1,
      line_end: next,
      sha256: createHash('sha256').update(lines.bytes.subarray(byte_start, byte_end)).digest('hex'),
    };
  });
}

/** The level's section type where neither label nor opener has one; the last level's for deeper ones. */
function sectionType({ section_type, level }: Draft, { data: { levels } }: Profile): string {
  return section_type ?? levels[level - 1] ?? levels.at(-1)!;
}

function draft(lines: Lines, profile: Profile, file: string): Draft[] {
  const { data } = profile;
  const from = data.reads === 'markdown' ? frontMatterLines(lines) : 0;
  const units = findOpenings(lines, from, profile, file).map((one): Draft => ({ ...one, role: 'unit' }));
  const before: Draft[] = [];
  const lead = (role: 'front_matter' | 'preamble', line: number) =>
    before.push({ role, line, level: 0, ...data[role] });
  if (from > 0) lead('front_matter', 0);
  const first = units[0]?.line ?? lines.count;
  if (!isBlank(lines, from, first) || (units.length === 0 && from === 0)) lead('preamble', from);
  return [...before, ...units];
}

/** Nothing but blanks, line ends and form feeds between two lines, and a byte order mark. */
function isBlank({ bytes, starts }: Lines, first: number, until: number): boolean {
  const start = first === 0 ? bomSize(bytes) : starts[first]!;
  for (let at = start; at < starts[until]!; at++) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return false;
  }
  return true;
}

/** The index of the nearest earlier unit of a lower level, or null. */
function parentsOf(drafts: Draft[]): Array<number | null> {
  const open: number[] = [];
  return drafts.map(({ role, level }, index) => {
    if (role !== 'unit') return null;
    while (open.length > 0 && drafts[open.at(-1)!]!.level >= level) open.pop();
    const parent = open.at(-1) ?? null;
    open.push(index);
    return parent;
  });
}

/**
 * Units have the addresses of docs/addresses.md. Front matter and preamble have the profile's segment and
 * `~1`, which no heading is ever given: so they take no heading's name.
 */
function addressAll(
  prefix: string,
  drafts: Draft[],
  parents: Array<number | null>,
  profile: Profile,
  file: string,
): string[] {
  const leads = drafts.findIndex(({ role }) => role === 'unit');
  const skipped = leads < 0 ? drafts.length : leads;
  const headings = drafts
    .slice(skipped)
    .map(({ title }, index) => ({ title, parent: parents[index + skipped] ?? null }))
    .map(({ title, parent }) => ({ title, parent: parent === null ? null : parent - skipped }));
  const made = [
    ...drafts.slice(0, skipped).map(({ segment }) => `${prefix}/${segment}~1`),
    ...addressesOf(prefix, headings, profile.labels),
  ];
  const tooLong = made.indexOf(null);
  if (tooLong >= 0) {
    const message = `${file}: the address of line ${drafts[tooLong]!.line + 1} would be longer than ${LONGEST_ADDRESS} characters`;
    throw refused('address_too_long', message, file, 'shorten the headings above it, or nest less deep');
  }
  return made as string[];
}
