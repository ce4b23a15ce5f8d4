import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, eventHash, firstBrokenEvent, newRunId, readChain } from '../../../scripts/evidence/index.ts';
import { withConnection } from '../../../scripts/postgres/index.ts';
import { ARTICLES, freshDatabase, iu, makeProject, servers } from '../support/index.ts';

/** Text that PostgreSQL can hold: no NUL, no lone surrogate. */
const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));

describe.each(servers)('the ledger on $name', (server) => {
  it('gives every event the hash that anybody can recompute without PostgreSQL', async () => {
    const { url } = await freshDatabase(server);
    await iu(['migrate', '--target', url], makeProject([ARTICLES]));
    await withConnection(url, async (client) => {
      await fc.assert(
        fc.asyncProperty(
          text,
          text,
          text,
          fc.option(fc.nat()),
          async (file, serverName, detail, statements) => {
            await append(client, newRunId(), 'probe', file, 'started', {
              server: serverName,
              detail,
              ...(statements === null ? {} : { statements }),
            });
          },
        ),
        { numRuns: 60 },
      );
      const chain = await readChain(client);
      expect(chain.length).toBeGreaterThan(60);
      expect(firstBrokenEvent(chain)).toBeNull();
      for (const event of chain) expect(eventHash(event)).toBe(event.hash);
    });
  });

  it('refuses an end that nobody announced', async () => {
    const { url } = await freshDatabase(server);
    await iu(['migrate', '--target', url], makeProject([ARTICLES]));
    await withConnection(url, async (client) => {
      await expect(append(client, newRunId(), 'runtime', 'runtime/001_x.sql', 'done')).rejects.toMatchObject({
        code: 'IU903',
      });
    });
  });
});
