import { randomBytes } from 'node:crypto';
import { IuError, type Scope } from '../report/index.ts';
import { connect } from './connect.ts';
import { isUnavailable } from './failure.ts';
import { until } from './process.ts';
import type { Target } from './target.ts';
import { redact, withDatabase } from './url.ts';

const START_MS = 120_000;
const PORT = 5432;

/**
 * Starts a stock PostgreSQL image: `image`, or IU_PG_IMAGE, or postgres:18. After a kill -9 testcontainers'
 * own reaper removes the container. Throws IuError (exit usage): `no_container_engine`, `container_failed`.
 */
export async function openContainer(image: string | undefined, scope: Scope): Promise<Target> {
  const name = image ?? process.env.IU_PG_IMAGE ?? 'postgres:18';
  const password = randomBytes(16).toString('hex');
  // Imported here: it takes a while to load, and the other targets do not need it.
  const { GenericContainer, Wait } = await import('testcontainers');
  const started = await new GenericContainer(name)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withExposedPorts(PORT)
    .withCommand(
      [
        'wal_level=logical',
        'track_functions=all',
        'max_prepared_transactions=10',
        'fsync=off',
        'full_page_writes=off',
      ].flatMap((setting) => ['-c', setting]),
    )
    // Nothing to wait for here: only a connection shows that it is ready (the image starts its server twice).
    .withWaitStrategy(Wait.forAll([]))
    .start()
    .catch((error: unknown) => {
      throw containerFailure(name, error);
    });
  const close = async () => {
    // Stopping twice is an error to testcontainers, and the reaper comes after us anyway.
    await started.stop().catch(() => {});
  };
  scope.defer(close);
  const url = `postgresql://postgres:${password}@${started.getHost()}:${started.getMappedPort(PORT)}/postgres`;
  let last: unknown;
  const ready = await until(async () => {
    try {
      await (await connect(url, { connectionTimeoutMillis: 2_000 })).end();
      return true;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      last = error;
      return false;
    }
  }, START_MS);
  if (!ready) {
    await close();
    throw containerFailure(name, last);
  }
  return {
    kind: 'container',
    disposable: true,
    url,
    database: (database) => withDatabase(url, database),
    describe: () => `container of ${name}, ${redact(url)} (removed at the end)`,
    close,
  };
}

/** Why testcontainers could not start `image`. Pure. */
export function containerFailure(image: string, error: unknown): IuError {
  const text = error instanceof Error ? error.message : String(error);
  const noEngine = /container runtime/.test(text);
  return new IuError(
    'usage',
    noEngine
      ? {
          code: 'no_container_engine',
          message: 'No container engine answers.',
          next: 'Start Docker (or set DOCKER_HOST), or use the target embedded, which needs none.',
        }
      : {
          code: 'container_failed',
          message: `No container of ${image} could be started. ${text.trim()}`,
          next: 'Check the name of the image (IU_PG_IMAGE) and that it can be pulled.',
        },
    { cause: error },
  );
}
