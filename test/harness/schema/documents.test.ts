import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REAL_PROJECT, servers } from '../support/index.ts';
import { rows, schemaDatabase, session, value } from './support.ts';

/** The role that the page gives each section to. */
const ROLE_OF: Record<string, string> = {
  Draft: 'iu_editor',
  Approve: 'cutter_approver',
  Enact: 'iu_operator',
  'Read, now and then': 'context_pack_readonly',
  Follow: 'context_pack_readonly',
  Check: 'iu_operator',
};

/** The SQL of docs/documents.md, section by section. */
const sections = () =>
  readFileSync(`${REAL_PROJECT}/docs/documents.md`, 'utf8')
    .split(/^## /m)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      statements: [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, text]) => text!),
    }))
    .filter(({ statements }) => statements.length > 0);

describe.each(servers)('docs/documents.md on $name', (server) => {
  it('its statements run in order, each under the role of its section, and leave what the page says', async () => {
    const client = await session(await schemaDatabase(server));
    await client.query(
      `select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'docs', 'follow', null)`,
    );
    expect(sections().map(({ title }) => title)).toEqual(Object.keys(ROLE_OF));
    for (const { title, statements } of sections()) {
      await client.query(`set role ${ROLE_OF[title]}`);
      for (const statement of statements) await client.query(statement);
      // The page's one temporary table goes from hand to hand.
      await client.query(
        `reset role; do $$ begin
           if to_regclass('pg_temp.decision') is not null then grant select on pg_temp.decision to public; end if;
         end $$`,
      );
    }
    expect(await value(client, `select public.fn_iu_reconstruct_source('HANDBOOK', 1)`)).toBe(
      '# Travel\n\n## Receipts\n\nKeep them.\n## Booking\n\nBook two weeks ahead.\n\n',
    );
    const seen = await rows<{ event: string }>(
      client,
      `select distinct event_domain || '.' || event_type as event from public.event_outbox order by 1`,
    );
    expect(seen.map(({ event }) => event)).toEqual([
      'document.edition_frozen',
      'governance.gate_opened',
      'piece.created',
      'piece.enacted',
      'piece.moved',
      'piece.updated',
      'review.decided',
    ]);
  });
});
