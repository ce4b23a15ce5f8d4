import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type LabelRule, labelText } from './address.ts';
import { compilePattern } from './pattern.ts';
import { misused } from './refusal.ts';

/** A profile as it stands in its file: what docs/iu-cut.md describes. */
const code = z.string().regex(/^[a-z][a-z0-9_]*$/, 'is a code of a vocabulary: a-z 0-9 _');
const level = z.int().min(1).max(99);
const pattern = (groups: 0 | 1) =>
  z
    .string()
    .min(1)
    .superRefine((text, context) => {
      const compiled = compilePattern(text, groups);
      if (typeof compiled === 'string') context.addIssue({ code: 'custom', message: compiled });
    });
const segment = z
  .string()
  .max(32)
  .regex(/^[A-Z0-9]+(-[A-Z0-9]+)*$/, 'is words of A-Z 0-9 joined by single dashes');
const piece = z.strictObject({ title: z.string(), segment, section_type: code });

const label = z.strictObject({
  pattern: pattern(1),
  prefix: segment,
  at_root: z.boolean().optional(),
  level: level.optional(),
  section_type: code.optional(),
});

const opener = z.strictObject({
  block: z.enum(['paragraph', 'list_item', 'line']),
  pattern: pattern(0).optional(),
  unless: pattern(0).optional(),
  after_blank: z.boolean().optional(),
  before_blank: z.boolean().optional(),
  level: level.optional(),
  level_of: pattern(1).optional(),
  section_type: code.optional(),
  title: z.enum(['first_line', 'none']).optional(),
});

export const profileSchema = z
  .strictObject({
    format: z.literal('iu-cut-profile/1'),
    name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'is a name: a-z 0-9 -'),
    version: z.int().min(1),
    description: z.string().min(1),
    reads: z.enum(['markdown', 'text']),
    unit_kind: code,
    front_matter: piece,
    preamble: piece,
    levels: z.array(code).min(1).max(99),
    labels: z.array(label).max(100),
    openers: z.array(opener).max(100),
  })
  .superRefine(({ reads, openers }, context) => {
    for (const [index, { block, level: own, level_of, after_blank, before_blank }] of openers.entries()) {
      const wrong = (message: string) =>
        context.addIssue({ code: 'custom', path: ['openers', index], message });
      if ((block === 'line') !== (reads === 'text'))
        wrong(
          '"line" is for profiles that read text, "paragraph" and "list_item" for those that read markdown',
        );
      if (block !== 'line' && (after_blank !== undefined || before_blank !== undefined))
        wrong('after_blank and before_blank are for "line"');
      if (own === undefined && level_of === undefined) wrong('needs a level, or level_of');
    }
  });

export type ProfileData = z.infer<typeof profileSchema>;

/** A label rule or an opener with its patterns compiled. */
export type Label = Omit<ProfileData['labels'][number], 'pattern'> & LabelRule;
export type Opener = Omit<ProfileData['openers'][number], 'pattern' | 'unless' | 'level_of'> & {
  pattern: RegExp | null;
  unless: RegExp | null;
  level_of: RegExp | null;
};

/** A profile ready for use. `data` is what its file holds. */
export interface Profile {
  data: ProfileData;
  labels: Label[];
  openers: Opener[];
}

const FOLDER = join(import.meta.dirname, 'profiles');

/** The names of the profiles that come with the project. */
export const profileNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();

/**
 * Checks a profile and compiles its patterns. `shown` names it in what is thrown: a usage error with
 * everything that is wrong with it.
 */
export function readProfile(data: unknown, shown: string): Profile {
  const checked = profileSchema.safeParse(data);
  if (!checked.success) {
    const detail = checked.error.issues
      .map(({ path, message }) => `${path.join('.') || 'the profile'}: ${message}`)
      .join('\n');
    const next = 'mend it: docs/iu-cut.md describes profiles, scripts/cut/profiles/ has examples';
    throw misused('profile_invalid', `${shown} is no profile`, next, detail);
  }
  const compiled = (text: string, groups: 0 | 1) => compilePattern(text, groups) as RegExp;
  const optional = (text: string | undefined, groups: 0 | 1) =>
    text === undefined ? null : compiled(text, groups);
  return {
    data: checked.data,
    labels: checked.data.labels.map((rule) => ({ ...rule, pattern: compiled(rule.pattern, 1) })),
    openers: checked.data.openers.map((one) => ({
      ...one,
      pattern: optional(one.pattern, 0),
      unless: optional(one.unless, 0),
      level_of: optional(one.level_of, 1),
    })),
  };
}

/**
 * The profile of a name, or of a JSON file where the name has a `/` or ends in `.json`. Throws a usage error
 * for a name nobody has (with the nearest ones), a file that cannot be read, and a profile that is none.
 */
export function loadProfile(name: string): Profile {
  const own = name.includes('/') || name.endsWith('.json');
  if (!own && !profileNames().includes(name)) {
    const message = `there is no profile ${JSON.stringify(name)}`;
    throw misused(
      'profile_unknown',
      message,
      `take one of ${profileNames().join(', ')}, or a file: ./mine.json`,
    );
  }
  return readProfile(readJson(own ? name : join(FOLDER, `${name}.json`), name), name);
}

function readJson(path: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const code = error instanceof SyntaxError ? 'profile_invalid' : 'profile_unreadable';
    throw misused(
      code,
      `cannot read the profile ${name}: ${why}`,
      'check the path, and that the file is JSON',
    );
  }
}

/** The first opener of these that a title, its line before and its line after allow. */
export function openerFor(
  openers: Opener[],
  title: string,
  blank: { before: boolean; after: boolean } = { before: true, after: true },
): Opener | undefined {
  const text = labelText(title);
  return openers.find(
    ({ pattern, unless, after_blank, before_blank }) =>
      !(after_blank && !blank.before) &&
      !(before_blank && !blank.after) &&
      (pattern === null || pattern.test(text)) &&
      !unless?.test(text),
  );
}

/**
 * The level of what an opener opened: its own, or where it has a `level_of` its own plus the count of numbers
 * in what that captures (`2.1.3` is three), less one.
 */
export function openerLevel({ level: own = 1, level_of }: Opener, title: string): number {
  const numbers = level_of?.exec(labelText(title))?.[1]?.match(/\d+/g);
  return Math.min(99, numbers ? own + numbers.length - 1 : own);
}
