import { Readable } from 'node:stream';
import type pg from 'pg';
import { connect, withParameter } from '../postgres/index.ts';
import { IuError } from '../report/index.ts';

const COMMAND = "BASE_BACKUP (LABEL 'iu backup', CHECKPOINT 'fast', WAL true)";

interface Wire {
  query(text: string): void;
  stream: { pause(): void; resume(): void };
}

/**
 * The server's whole cluster as one tar stream, with the WAL that makes it consistent: what pg_basebackup
 * asks for, here without it, because the npm package brings no client programs. Needs REPLICATION. Throws
 * IuError (refused) `tablespaces` where the cluster has any: they would be further archives.
 */
export async function baseBackup(url: string): Promise<{ tar: Readable; close(): Promise<void> }> {
  const client = await connect(withParameter(url, 'replication', 'true'), { application_name: 'iu backup' });
  const wire = (client as unknown as { connection: Wire }).connection;
  const tar = new Readable({ highWaterMark: 1 << 20, read: () => wire.stream.resume() });
  let archives = 0;
  const fail = (error: Error) => void tar.destroy(error);
  // What node-pg calls while a query of its own kind runs: each message of the server, in its order.
  const query = {
    submit: (connection: Wire) => connection.query(COMMAND),
    handleRowDescription: () => {},
    handleDataRow: () => {},
    handleCommandComplete: () => {},
    handlePortalSuspended: () => {},
    handleEmptyQuery: () => {},
    handleCopyInResponse: () => {},
    handleCopyData: ({ chunk }: { chunk: Buffer }) => {
      const kind = String.fromCharCode(chunk[0]!);
      if (kind === 'n') archives += 1;
      if (archives > 1) return fail(tablespaces());
      // The buffer belongs to the parser, which writes over it.
      if (kind === 'd' && !tar.push(Buffer.from(chunk.subarray(1)))) wire.stream.pause();
    },
    handleError: fail,
    handleReadyForQuery: () => void tar.push(null),
  };
  client.query(query as unknown as pg.Submittable);
  return { tar, close: () => client.end().catch(() => {}) };
}

function tablespaces(): IuError {
  return new IuError('refused', {
    code: 'tablespaces',
    message: 'the cluster has tablespaces, and a cold copy is one archive without them',
    next: 'install the client programs of its version: pg_dump needs no tablespaces',
  });
}
