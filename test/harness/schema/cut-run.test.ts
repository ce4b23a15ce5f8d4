import { describe, expect, it } from 'vitest';
import { CORPUS, corpusFile, FIT } from '../cut/support.ts';
import { servers } from '../support/index.ts';
import { close, dryRun, open, toSg1 } from './cut-run.support.ts';
import { schemaDatabase, session } from './support.ts';

const profileOf = (file: string) =>
  file.endsWith('.txt') ? 'text' : /grundgesetz|vi-|constitution|gdpr/.test(file) ? 'law' : 'markdown';

describe.each(servers)('runs of cuts on $name', (server) => {
  it.skipIf(CORPUS === null)(
    'every document of the corpus is cut, enacted, composed back and undone',
    async () => {
      const database = await schemaDatabase(server);
      const client = await session(database);
      for (const [index, file] of FIT.entries()) {
        const opened = await open(client, corpusFile(file), {
          prefix: `DOC-${index}`,
          profile: profileOf(file),
        });
        await toSg1(client, opened);
        const answer = await dryRun(client, opened);
        expect(answer).toMatchObject({
          verdict: 'green',
          problem: null,
          units: opened.manifest.pieces.length,
        });
        expect(answer.reconstructed_sha256).toBe(opened.manifest.source.sha256);
        expect(await close(client, opened)).toMatchObject({ status: 'closed' });
      }
    },
    120_000,
  );
});
