import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { createDatabase, dropDatabase, uniqueName } from '../postgres/index.ts';

/** Clones of one template, made one after the other while tests run on others. */
export interface Supply {
  /** A clone nobody else has; the next one is begun at once where `more` says that it will be needed. */
  take(more: boolean): Promise<string>;
  drop(clone: string): Promise<void>;
  /** Drops what was made and not taken. */
  close(): Promise<void>;
}

const COPY_SETTINGS = new URL('./copy-settings.sql', import.meta.url);

/** `admin` is used by the supply alone. */
export function supplyClones(admin: pg.Client, template: string): Supply {
  const spare: Array<Promise<string>> = [];
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  const make = () =>
    inTurn(async () => {
      const clone = uniqueName(template);
      await createDatabase(admin, clone, { template });
      await admin.query(await readFile(COPY_SETTINGS, 'utf8'), [template, clone]);
      return clone;
    });
  const drop = (clone: string) => inTurn(() => dropDatabase(admin, clone));
  return {
    take(more) {
      const clone = spare.shift() ?? make();
      if (more && spare.length === 0) {
        const next = make();
        next.catch(() => {}); // whoever takes it is told
        spare.push(next);
      }
      return clone;
    },
    drop,
    async close() {
      for (const clone of spare) await drop(await clone);
    },
  };
}
