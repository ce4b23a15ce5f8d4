import { labelOf } from './address.ts';
import { type Block, findBlocks } from './blocks.ts';
import type { Lines } from './lines.ts';
import { openerFor, type Profile } from './profile.ts';
import { opening, textOpenings } from './text-units.ts';
import { headingTitle, openingTitle } from './title.ts';

/** A line that opens a unit, from 0. */
export interface Opening {
  line: number;
  /** What is deeper has a higher one: a heading's 1 to 6, or what the profile says, up to 99. */
  level: number;
  title: string;
  /** What the opener says of it, if it does. */
  section_type: string | undefined;
}

/**
 * The units that a document opens, by line, one for a line at most; reading starts at line `from`. Labels that
 * have a level of their own have been asked already. Throws what findBlocks throws.
 */
export function findOpenings(lines: Lines, from: number, profile: Profile, file: string): Opening[] {
  const found =
    profile.data.reads === 'text'
      ? textOpenings(lines, profile.openers)
      : markdownOpenings(lines, from, profile, file);
  return found.map((one) => {
    const rule = labelOf(one.title, profile.labels)?.rule;
    return {
      ...one,
      level: rule?.level ?? one.level,
      section_type: rule?.section_type ?? one.section_type,
    };
  });
}

function markdownOpenings(lines: Lines, from: number, profile: Profile, file: string): Opening[] {
  const found: Opening[] = [];
  for (const block of findBlocks(lines, from, file)) {
    // Several items may begin on one line: the outermost has it.
    if (found.at(-1)?.line === block.first) continue;
    const one = block.kind === 'heading' ? heading(lines, block) : other(lines, block, profile);
    if (one) found.push(one);
  }
  return found;
}

const heading = (lines: Lines, block: Block): Opening => ({
  line: block.first,
  level: block.level,
  title: headingTitle(lines, block),
  section_type: undefined,
});

function other(lines: Lines, block: Block, { openers }: Profile): Opening | null {
  const candidates = openers.filter((one) => one.block === block.kind);
  if (candidates.length === 0) return null;
  const title = openingTitle(lines, block);
  const opener = openerFor(candidates, title);
  return opener ? opening(opener, title, block.first, Math.max(0, block.level - 1)) : null;
}
