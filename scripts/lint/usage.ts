import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT_CODES, program } from '../iu.ts';

/*
 * The usage in README.md and in each verb's page is what --help prints, between two markers:
 * `npm run docs` writes it, and a test fails when it is stale.
 */

const ROOT = resolve(import.meta.dirname, '../..');
const MARKED = /(<!-- usage -->\n)[\s\S]*?(<!-- \/usage -->)/;

/** The help text of a command at a fixed width, so that it does not depend on the terminal. */
const help = (command: Command): string =>
  command.configureHelp({ helpWidth: 100 }).helpInformation().trimEnd();

/** The files that carry a usage, with the text they should hold. */
export async function pages(): Promise<Array<{ file: string; is: string; should: string }>> {
  const iu = await program();
  const all: Array<[string, string]> = [
    ['README.md', `${help(iu)}\n\n${EXIT_CODES}`],
    ...iu.commands.map((command): [string, string] => [`docs/iu-${command.name()}.md`, help(command)]),
  ];
  return all.map(([file, text]) => {
    const path = join(ROOT, file);
    const is = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return {
      file,
      is,
      should: is.replace(MARKED, (_, open, close) => `${open}\n\`\`\`text\n${text}\n\`\`\`\n\n${close}`),
    };
  });
}

/** The files whose usage is missing or is not what --help prints. */
export const stale = async (): Promise<string[]> =>
  (await pages()).filter(({ is, should }) => is !== should || !MARKED.test(is)).map(({ file }) => file);

if (import.meta.main) {
  for (const { file, should } of await pages()) if (should) writeFileSync(join(ROOT, file), should);
}
