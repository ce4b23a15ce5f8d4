import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REAL_PROJECT, servers } from '../support/index.ts';
import { rows, schemaDatabase, session, value } from './support.ts';

/** The SQL of docs/documents.md, block by block. */
const blocks = () =>
  [...readFileSync(`${REAL_PROJECT}/docs/documents.md`, 'utf8').matchAll(/```sql\n(.*?)```/gs)].map(
    ([, text]) => text!,
  );

describe.each(servers)('docs/documents.md on $name', (server) => {
  it('its statements run in order, with the master gate open, and leave what the page says', async () => {
    const client = await session(await schemaDatabase(server));
    await client.query(
      `select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'docs', 'follow', null)`,
    );
    expect(blocks().length).toBeGreaterThan(5);
    for (const block of blocks()) await client.query(block);
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
