import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { createDatabase, dropDatabase, uniqueName } from '../postgres/index.ts';

/** Clones of one template, made over one connection that nobody else uses. */
export interface Clones {
  /** The clone that was begun, or else a new one. */
  take(): Promise<string>;
  /** Begins the next clone, to be there when it is needed: making one is mostly waiting for the disk. */
  begin(): void;
  /** Drops a clone, after the one that was begun is there. */
  drop(clone: string): Promise<void>;
  /** Drops the clone that was begun and not taken. */
  close(): Promise<void>;
}

export function clonesOf(admin: pg.Client, template: string): Clones {
  let spare: Promise<string> | null = null;
  return {
    take() {
      const clone = spare ?? makeClone(admin, template);
      spare = null;
      return clone;
    },
    begin() {
      spare ??= makeClone(admin, template);
      spare.catch(() => {}); // told to the one that waits for it
    },
    async drop(clone) {
      await spare;
      await dropDatabase(admin, clone);
    },
    async close() {
      if (spare) await dropDatabase(admin, await spare);
    },
  };
}

const COPY_SETTINGS = new URL('./copy-settings.sql', import.meta.url);

async function makeClone(admin: pg.Client, template: string): Promise<string> {
  const clone = uniqueName(template);
  await createDatabase(admin, clone, { template });
  await admin.query(await readFile(COPY_SETTINGS, 'utf8'), [template, clone]);
  return clone;
}
