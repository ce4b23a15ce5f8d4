import { parse, preprocess } from 'micromark';
import type { ParseContext, TokenizeContext } from 'micromark-util-types';
import type { Lines } from './lines.ts';
import { refused } from './refusal.ts';
import { type Skeleton, skeletonOf } from './skeleton.ts';

/**
 * A block that can open a unit, as the Markdown parser (micromark, CommonMark without extensions) sees it.
 * Lines are those of the source, from 0, both included.
 */
export interface Block {
  /** A heading or a paragraph that stands in no quote and no list, or an item of a list that is in no quote. */
  kind: 'heading' | 'paragraph' | 'list_item';
  /** A heading's level, 1 to 6; how many lists an item is in, from 1; 0 for a paragraph. */
  level: number;
  /** `#` or underlined; only of headings. */
  style?: 'atx' | 'setext';
  first: number;
  /** Of a list item the first line, too. */
  last: number;
}

/** How much of the skeleton the parser is given at once; more where a single block is larger. */
const WINDOW = 2 ** 11;
/** The largest block but a list, in bytes of the skeleton: the parser takes some 400 bytes of memory for each. */
const LARGEST_BLOCK = 2 ** 23;
/**
 * With lists in it the parser's time for a text grows with the square of its lines, up to five seconds for
 * 2^12: what a document may take, as a sum of such squares. A list of 2^13 lines is still taken.
 */
const MOST_WORK = 2 ** 27;

/**
 * The blocks of a Markdown document, in order; reading starts at line `from`. The parser reads the document's
 * skeleton in pieces, each from where a block begins that stands in no other: there nothing before counts any
 * more, except for what link references mean, which changes no block.
 *
 * Throws a refusal for nesting deeper than the parser can take, and for one block larger than it can take.
 * `window` is for tests.
 */
export function findBlocks(lines: Lines, from: number, file: string, window: number = WINDOW): Block[] {
  const skeleton = skeletonOf(lines, from, file);
  const found: Block[] = [];
  const parser = parse();
  let first = 0;
  let size = window;
  let work = 0;
  while (first < skeleton.count) {
    const until = lineAfter(skeleton, first, size);
    const bytes = skeleton.starts[until]! - skeleton.starts[first]!;
    const { blocks, tops, lists } = parseLines(parser, skeleton, first, until);
    const last = tops.at(-1) ?? first;
    const whole = until === skeleton.count;
    if (!whole && last === first) {
      if (lists) work += (2 * (until - first)) ** 2;
      if (bytes > LARGEST_BLOCK || work > MOST_WORK) throw tooLarge(skeleton, first, file);
      size *= 2;
      continue;
    }
    for (const block of blocks) if (whole || block.first < last) addInSource(found, block, skeleton);
    first = whole ? until : last;
    size = window;
  }
  return found.sort((one, other) => one.first - other.first);
}

function tooLarge({ source }: Skeleton, first: number, file: string) {
  const message = `${file}: the list, quote, code or paragraph at line ${source[first]! + 1} is larger than the parser can take`;
  return refused(
    'block_too_large',
    message,
    file,
    'split it, with a heading say, or cut the file as plain text',
  );
}

/** The first line that begins `size` bytes or more after line `first`; at least one line further. */
function lineAfter({ starts, count }: Skeleton, first: number, size: number): number {
  const wanted = starts[first]! + size;
  let low = first + 1;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A line of the skeleton stands for those after it that were left out, and for its repeats. */
function addInSource(found: Block[], block: Block, { source, repeats }: Skeleton): void {
  const first = source[block.first]!;
  const oneLine = block.kind === 'list_item' || block.style === 'atx';
  const last = oneLine ? first : source[block.last + 1]! - 1;
  found.push({ ...block, first, last });
  // The same lines again under one underline are one heading.
  if (block.style === 'setext') return;
  for (const repeat of repeats.get(block.first) ?? [])
    if (repeat.paragraph === (block.kind === 'paragraph'))
      found.push({ ...block, first: repeat.first, last: repeat.last });
}

/** What stands in lines of the skeleton, numbered as there; `tops`: where a block begins that is in no other. */
function parseLines(
  parser: ParseContext,
  skeleton: Skeleton,
  first: number,
  until: number,
): { blocks: Block[]; tops: number[]; lists: boolean } {
  const text = skeleton.bytes.toString('utf8', skeleton.starts[first], skeleton.starts[until]);
  parser.lazy = {};
  parser.defined = [];
  const events = parser.document().write(preprocess()(text, undefined, true));
  const blocks: Block[] = [];
  const tops: Top[] = [];
  /** In how many quotes and lists the text of each line is; each line is one chunk for the flow parser. */
  const depths = new Uint8Array(until - first);
  const flows = new Set<TokenizeContext>();
  let quotes = 0;
  let lists = 0;
  let hasLists = false;
  for (const [step, token] of events) {
    const by = step === 'enter' ? 1 : -1;
    const line = token.start.line - 1;
    const isList = token.type === 'listOrdered' || token.type === 'listUnordered';
    hasLists ||= isList;
    if (isList || token.type === 'blockQuote') {
      if (by === 1 && quotes + lists === 0) tops.push({ line: first + line, type: token.type });
      if (isList) lists += by;
      else quotes += by;
    } else if (by === 1 && token.type === 'listItemPrefix' && quotes === 0)
      blocks.push({ kind: 'list_item', level: lists, first: first + line, last: first + line });
    else if (by === 1 && token._tokenizer) {
      flows.add(token._tokenizer);
      depths[line] = quotes + lists;
    }
  }
  for (const flow of flows) readFlow(flow, first, depths, blocks, tops);
  blocks.sort((one, other) => one.first - other.first);
  tops.sort((one, other) => one.line - other.line);
  const sound = tops.filter(
    ({ line, type }, index) =>
      DECIDED.has(type) || (type !== 'codeIndented' && isFresh(skeleton, line, tops[index - 1]?.type)),
  );
  return { blocks, tops: sound.map(({ line }) => line), lists: hasLists };
}

/** Where a block begins that is in no other. */
interface Top {
  line: number;
  type: string;
}

const LEAVES = new Set([
  'atxHeading',
  'setextHeading',
  'content',
  'codeFenced',
  'codeIndented',
  'htmlFlow',
  'thematicBreak',
]);

/** What begins one of these is decided on its line, whatever is before. */
const DECIDED = new Set(['atxHeading', 'codeFenced', 'htmlFlow', 'thematicBreak']);

/**
 * Whether the parser begins here as it would at the beginning of a document. It may take what
 * follows indented code for an interruption even after blank lines, and what follows a link definition, and
 * lists in a list that interrupts a paragraph, too.
 */
function isFresh({ bytes, starts }: Skeleton, line: number, before: string | undefined): boolean {
  if (before === 'codeIndented') return false;
  return line > 0 && /^[ \t]*\n$/.test(bytes.toString('latin1', starts[line - 1], starts[line]));
}

/** The blocks of one flow that stand in no container: a flow may begin in one and go on after it. */
function readFlow(flow: TokenizeContext, offset: number, depths: Uint8Array, blocks: Block[], tops: Top[]) {
  for (const [step, token] of flow.events) {
    if (step !== 'enter' || depths[token.start.line - 1]! > 0) continue;
    const first = offset + token.start.line - 1;
    const last = offset + token.end.line - 1;
    if (LEAVES.has(token.type)) tops.push({ line: first, type: token.type });
    const kind = KINDS[token.type];
    if (kind) blocks.push({ ...kind, level: 0, first, last });
    const open = blocks.at(-1);
    if (token.type === 'atxHeadingSequence' && open?.level === 0)
      open.level = token.end.offset - token.start.offset;
    if (token.type === 'setextHeadingLine' && open)
      open.level = flow.sliceSerialize(token).trimStart().startsWith('=') ? 1 : 2;
  }
}

const KINDS: Record<string, Pick<Block, 'kind' | 'style'>> = {
  atxHeading: { kind: 'heading', style: 'atx' },
  setextHeading: { kind: 'heading', style: 'setext' },
  paragraph: { kind: 'paragraph' },
};
