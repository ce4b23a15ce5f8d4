import { createHash } from 'node:crypto';

/** What is to be given an address; `parent` is the index of an earlier heading, null at the top. */
export interface Heading {
  title: string;
  parent: number | null;
}

/** How headings are numbered: one capturing group, the number (docs/addresses.md). */
export interface LabelRule {
  pattern: RegExp;
  prefix: string;
  at_root?: boolean | undefined;
}

export const LONGEST_ADDRESS = 2048;
const LONGEST_SEGMENT = 40;

const BY_NAME: Record<string, string> = {
  ...{ đ: 'D', Đ: 'D', ð: 'D', Ð: 'D', ħ: 'H', Ħ: 'H', ı: 'I', ĸ: 'K', ł: 'L', Ł: 'L', ŋ: 'N', Ŋ: 'N' },
  ...{
    ø: 'O',
    Ø: 'O',
    ŧ: 'T',
    Ŧ: 'T',
    æ: 'AE',
    Æ: 'AE',
    œ: 'OE',
    Œ: 'OE',
    þ: 'TH',
    Þ: 'TH',
    ß: 'SS',
    ẞ: 'SS',
  },
};

const MARKS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/g;

/** Words of A-Z and 0-9 joined by single dashes, or nothing: iu_core.fold_to_ascii in TypeScript. */
export function foldToAscii(text: string): string {
  return text
    .replaceAll('ŉ', 'n')
    .normalize('NFKD')
    .replace(MARKS, '')
    .replace(/[a-z]+/g, (small) => small.toUpperCase())
    .replace(/[^A-Z0-9]/g, (character) => BY_NAME[character] ?? '-')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '');
}

/** A title or a pattern as they are compared: in NFC, every space of Unicode a blank (iu_core.label_text). */
export const labelText = (text: string): string =>
  text.normalize('NFC').replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, ' ');

/** The first rule that names a title, and what it makes of its number; null where none does. */
export function labelOf<Rule extends LabelRule>(
  title: string,
  rules: Rule[],
): { rule: Rule; label: string } | null {
  const text = labelText(title);
  for (const rule of rules) {
    const number = foldToAscii(rule.pattern.exec(text)?.[1] ?? '');
    if (number !== '') return { rule, label: `${rule.prefix}-${number}` };
  }
  return null;
}

function firstForm(title: string, label: string | undefined, place: number): string {
  const text = label ?? foldToAscii(title);
  if (text === '') return `S-${place}`;
  if (text.length <= LONGEST_SEGMENT) return text;
  const head = text
    .slice(0, LONGEST_SEGMENT + 1)
    .replace(/-[^-]*$/, '')
    .slice(0, LONGEST_SEGMENT);
  const hash = createHash('sha256').update(title.normalize('NFC'), 'utf8').digest('hex');
  return `${head}~${hash.slice(0, 6)}`;
}

/** A repeat has never six digits: those would read like the hash of a title that was cut. */
const repeated = (segment: string, take: number): string =>
  take === 1 ? segment : `${segment}~${take < 100_000 ? take : take + 900_000}`;

/**
 * The address of every heading, in order: what public.fn_iu_addresses gives for the same prefix, headings and
 * rules, as far as Unicode of Node and of the server agree. One that would be longer than 2,048 characters is
 * null, and so is what hangs under it. The prefix is not checked.
 */
export function addressesOf(prefix: string, headings: Heading[], rules: LabelRule[]): Array<string | null> {
  const made: Array<string | null> = [];
  const places = new Map<number | null, number>();
  const takes = new Map<string, number>();
  for (const heading of headings) {
    const named = labelOf(heading.title, rules);
    const parent = named?.rule.at_root ? null : heading.parent;
    const place = (places.get(parent) ?? 0) + 1;
    places.set(parent, place);
    const first = firstForm(heading.title, named?.label, place);
    const key = `${parent} ${first}`;
    const take = (takes.get(key) ?? 0) + 1;
    takes.set(key, take);
    const above = parent === null ? prefix : made[parent]!;
    const address = above === null ? null : `${above}/${repeated(first, take)}`;
    made.push(address !== null && address.length > LONGEST_ADDRESS ? null : address);
  }
  return made;
}
