import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Finding, IuError } from '../report/index.ts';

const TEST = /\.(sql|pg)$/;

/**
 * The test files that `given` names, relative to `root` and sorted: files as they are, of folders every .sql and
 * .pg file below them. Throws a usage error for a path that is not there and where no file is found.
 */
export async function findTests(root: string, given: string[]): Promise<string[]> {
  const found = await Promise.all(given.map((path) => testsAt(root, path)));
  const files = [...new Set(found.flat())].sort();
  if (files.length > 0) return files;
  throw usage('no_tests', `no test is in ${given.join(', ')}`, 'tests are files named *.sql or *.pg');
}

async function testsAt(root: string, path: string): Promise<string[]> {
  const full = resolve(root, path);
  const what = await stat(full).catch(() => null);
  if (what === null) {
    throw usage(
      'no_such_file',
      `there is no file or folder ${path}`,
      'name test files, or folders with them',
    );
  }
  if (!what.isDirectory()) return [relative(root, full)];
  return (await readdir(full, { recursive: true }))
    .filter((name) => TEST.test(name))
    .map((name) => relative(root, join(full, name)));
}

const usage = (code: string, message: string, next: string) =>
  new IuError('usage', { code, message, next } satisfies Finding);
