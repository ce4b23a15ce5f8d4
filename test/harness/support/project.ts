import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { onTestFinished } from 'vitest';

/** This repository, as a project. */
export const REAL_PROJECT = resolve(import.meta.dirname, '../../..');

/** Files of a project by path; a migration may be given by its body, and gets its headers here. */
export type Files = Record<string, string | Uint8Array>;

interface Migration {
  name: string;
  up: string;
  down: string;
  headers?: string;
}

/** A committed migration as graphile-migrate writes it, and the hash the next one refers to. */
export function migrationFile(
  body: string,
  previous: string | null,
  headers = '',
): { text: string; hash: string } {
  const hash = calculateHash(body, previous);
  return { hash, text: `--! Previous: ${previous ?? '-'}\n--! Hash: ${hash}\n${headers}\n${body.trim()}\n` };
}

/**
 * A small project of the calling test's own in a temporary folder: our roles.sql, `migrations` in order, and
 * any other files over that. Removed when the test is over.
 */
export function makeProject(migrations: Migration[], files: Files = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'iu-project-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ['migrations/committed', 'rollback', 'runtime', 'sandbox']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(join(REAL_PROJECT, 'migrations/roles.sql'), join(root, 'migrations/roles.sql'));
  const all: Files = {};
  let previous: string | null = null;
  for (const [index, { name, up, down, headers }] of migrations.entries()) {
    const file = `${String(index + 1).padStart(6, '0')}-${name}.sql`;
    const { text, hash } = migrationFile(up, previous, `--! Title: ${name}\n${headers ?? ''}`);
    all[`migrations/committed/${file}`] = text;
    all[`rollback/${file}`] = `--! Title: undo ${name}\n\n${down}\n`;
    previous = hash;
  }
  for (const [path, content] of Object.entries({ ...all, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}
