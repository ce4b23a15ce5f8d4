import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compareSeals,
  contentFacts,
  contentSeal,
  diffFacts,
  type Facts,
  type Seal,
} from '../../../scripts/proof/index.ts';
import { MUTATIONS } from './mutations.ts';
import { openBase, SERVERS, type Server, startServer } from './server.ts';

const said = (before: Facts, after: Facts) =>
  diffFacts(before, after).map(({ object, field }) => `${object}: ${field}`);

describe.each(SERVERS)('a change to the schema on PostgreSQL $major', ({ major, target }) => {
  let server: Server;
  let client: pg.Client;
  let seal: Seal;
  let facts: Facts;

  beforeAll(async () => {
    server = await startServer(target);
    client = await openBase(server);
    seal = await contentSeal(client);
    facts = await contentFacts(client);
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test.each(MUTATIONS.filter(({ from = 0 }) => major >= from))('is named: $name', async (mutation) => {
    await client.query('begin');
    try {
      if (mutation.setup) await client.query(mutation.setup);
      const before = mutation.setup ? await contentFacts(client) : facts;
      const sealed = mutation.setup ? await contentSeal(client) : seal;

      await client.query(mutation.change);
      expect(said(before, await contentFacts(client))).toEqual(mutation.facts);
      const { equal, kinds } = compareSeals(sealed, await contentSeal(client));
      expect(equal, kinds.join()).toBe(mutation.facts.length === 0);

      if (mutation.revert) {
        await client.query(mutation.revert);
        if (!mutation.setup) expect(await contentSeal(client)).toEqual(seal);
      }
    } finally {
      await client.query('rollback');
    }
  });

  test('leaves no trace when all of the above is rolled back', async () => {
    expect(await contentSeal(client)).toEqual(seal);
  });
});
