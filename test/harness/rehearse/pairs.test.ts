import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, withDatabase } from '../../../scripts/postgres/index.ts';
import { makeScratch, type PairBench, rehearsePair } from '../../../scripts/rehearse/index.ts';
import { createProgress, createScope, type Finding } from '../../../scripts/report/index.ts';
import { loadParser, parseSqlBytes } from '../../../scripts/sql/index.ts';
import { oneServer } from '../support/index.ts';
import { BASE, FAULTY, GOOD, type Planted } from './pairs.ts';

const file = (name: string, text: string) => parseSqlBytes(Buffer.from(text), name);

/** `code object`, and the field that the message of a fact names. */
const said = ({ code, object, message }: Finding) => {
  const field = code === 'not_rolled_back' ? / give back (\S+) of /.exec(message)?.[1] : undefined;
  return [code, object, field].filter(Boolean).join(' ');
};

describe.each(oneServer)('a pair of files on $name', (server) => {
  const scope = createScope();
  let admin: pg.Client;
  let bench: PairBench;

  beforeAll(async () => {
    await loadParser();
    admin = await connect(server.url);
    bench = {
      disposable: false,
      progress: createProgress({ write: () => {}, redraw: false }),
      async scratch() {
        const { name, drop } = await makeScratch(admin, scope);
        return { url: withDatabase(server.url, name), drop };
      },
    };
  });
  afterAll(async () => {
    await scope.close();
    await admin?.end();
  });

  const rehearse = ({ up, down, seed }: Planted) =>
    rehearsePair(bench, {
      up: file('up.sql', up),
      down: file('down.sql', down),
      base: file('base.sql', BASE),
      seed: seed ? file('seed.sql', seed) : null,
    });

  it.concurrent.each(FAULTY)(
    'is accused where the rollback forgets $name, and of nothing else',
    async (one) => {
      const { items, findings } = await rehearse(one);
      expect(findings.map(said).sort()).toEqual([...one.found].sort());
      expect(items.at(-1)!.verdict).toBe(one.verdict);
      expect(items.map(({ run }) => run)).toEqual(one.seed ? ['empty', 'seeded'] : ['empty']);
      if (one.seed) expect(items[0]!.verdict).toBe('equal');
      for (const { message, next } of findings) expect(message && next).toBeTruthy();
    },
  );

  it.concurrent.each(GOOD)('is not accused: $name', async (one) => {
    const { items, findings } = await rehearse(one);
    expect(findings).toEqual([]);
    expect(items.at(-1)!.verdict).toBe(one.verdict);
  });
});
