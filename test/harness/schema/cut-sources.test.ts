import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadProfile, mark, profileNames } from '../../../scripts/cut/index.ts';
import RESERVED from '../../../scripts/cut/reserved-prefixes.json' with { type: 'json' };
import { anyDocument } from '../cut/support.ts';
import { servers } from '../support/index.ts';
import { applyRuntime, rows, schemaDatabase, session, sharedDatabase, value } from './support.ts';

describe.each(servers)('sources of cuts on $name', (server) => {
  const shared = sharedDatabase(server);

  it('the server counts the bytes of any document as iu cut mark does (property)', async () => {
    const client = await session(shared());
    await fc.assert(
      fc.asyncProperty(anyDocument, async (document) => {
        const bytes = Buffer.from(document);
        fc.pre(bytes.length > 0 && !document.includes('\0'));
        const { source } = mark(bytes, {
          origin: 'document',
          prefix: 'ANY-DOC',
          profile: loadProfile('markdown'),
        });
        expect(await value(client, 'select iu_core.source_facts($1)', [bytes])).toEqual(source);
      }),
      { numRuns: 200 },
    );
  });

  it('runtime/011 registers the profiles of iu cut mark, under their sha256', async () => {
    const database = await schemaDatabase(server);
    await applyRuntime(database.url);
    const client = await session(database);
    const registered = await rows(
      client,
      'select name, version, sha256 from cutter_governance.cut_profile order by name',
    );
    const document = { origin: 'document', prefix: 'ANY-DOC' };
    const shipped = profileNames().map(
      (name) => mark(Buffer.from('text'), { ...document, profile: loadProfile(name) }).profile,
    );
    expect(registered).toEqual(shipped);
  });

  it('runtime/012 reserves the prefixes that iu cut mark refuses, and leaves what an operator set', async () => {
    const database = await schemaDatabase(server);
    const client = await session(database);
    const setting = () =>
      value<string>(client, "select value from public.dot_config where key = 'cutter.reserved_prefixes'");
    expect((await setting()).split(',')).toEqual(RESERVED);
    await client.query(
      "select public.fn_dot_config_set('cutter.reserved_prefixes', 'STATE', 'operator', 'ours')",
    );
    await applyRuntime(database.url, '012');
    expect(await setting()).toBe('STATE');
  });

  it('two who pin the same bytes at once have one version of the source', async () => {
    const database = await schemaDatabase(server);
    const [first, second] = [await session(database), await session(database)];
    await first.query(
      `select public.fn_cut_source_set('ANY-DOC', null, null, null, 'a'),
              public.fn_cut_profile_set('{"description":"Any.","format":"iu-cut-profile/1","labels":[],"name":"any","version":1}', 'a')`,
    );
    const pin = "select public.fn_cut_source_pin('ANY-DOC', 'f', '\\x230a', 'any', 1, true, 'a') as answer";
    await first.query('begin');
    const one = (await first.query(pin)).rows[0].answer;
    const waiting = second.query(pin);
    await first.query('commit');
    const two = (await waiting).rows[0].answer;
    expect([one.status, two.status]).toEqual(['pinned', 'exists']);
    expect(two.source_version_id).toBe(one.source_version_id);
  });
});
