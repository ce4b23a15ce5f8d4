import { InvalidArgumentError, Option } from 'commander';
import type pg from 'pg';
import {
  acquireLock,
  assertSupported,
  assertWritable,
  type ConnectOptions,
  connect,
  describeHolder,
  describeIdentity,
  type Identity,
  identify,
  openTarget,
  type Target,
} from '../postgres/index.ts';
import type { Context } from './verb.ts';

export interface Connection {
  target: Target;
  client: pg.Client;
  identity: Identity;
}

/**
 * Opens the target, says which server and database it is, and refuses a version we do not support. `options` as
 * connect() takes them.
 */
export async function open(
  context: Context,
  verb: string,
  options: ConnectOptions = {},
): Promise<Connection> {
  const { progress, scope } = context;
  const target = await openTarget(context.target, scope, progress.line);
  const client = await connect(target.url, { ...options, application_name: `iu ${verb}` });
  scope.defer(() => client.end());
  const identity = await identify(client);
  context.identity = { kind: target.kind, ...identity };
  progress.line(describeIdentity(identity));
  assertSupported(identity);
  return { target, client, identity };
}

/** The option of a verb that writes: how long it waits for another runner. */
export const waitOption = () =>
  new Option('--wait <seconds>', 'how long to wait for another run to end')
    .default(60)
    .argParser(wholeNumber);

/** The value of an option that is a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is expected.');
  return Number(text);
}

/** The value of an option or argument that is a UUID. */
export function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    throw new InvalidArgumentError('a UUID is expected.');
  return text;
}

/** The same for a verb that writes: the target must take writes, and no other runner may be at work. */
export async function openForWriting(
  context: Context,
  verb: string,
  waitSeconds: number,
): Promise<Connection> {
  const connection = await open(context, verb);
  assertWritable(connection.identity);
  const lock = await acquireLock(connection.target.url, {
    verb,
    timeoutMs: waitSeconds * 1000,
    onWait: (holder) => context.progress.line(`waiting for ${holder ? describeHolder(holder) : 'the lock'}`),
  });
  context.scope.defer(() => lock.release());
  return connection;
}
