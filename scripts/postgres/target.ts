import { IuError, type Scope } from '../report/index.ts';
import { checkUrl, redact, URL_SCHEME, withDatabase } from './url.ts';

/** A server to work on. */
export interface Target {
  kind: 'embedded' | 'container' | 'url';
  /** It was started for this run and ends with it: nobody else's data is on it. */
  disposable: boolean;
  /** Connection string of the maintenance database (embedded, container) or of the one named. */
  url: string;
  /** Connection string of another database on the same server. */
  database(name: string): string;
  /** One line for people, without a password. */
  describe(): string;
  /** Stops and removes what was started; idempotent. The scope calls it too. */
  close(): Promise<void>;
}

/**
 * Opens the server that `spec` names: `embedded` (the default), `embedded:/dir/with/bin`, `container`,
 * `container:image`, or a postgres:// URL. `log` gets one line per abandoned cluster that was swept.
 * Throws IuError (exit usage): `unknown_target`, a URL that cannot be used, or what keeps a server from
 * being started. A URL is not connected to here: connect() finds out whether it answers.
 */
export async function openTarget(
  spec: string | undefined,
  scope: Scope,
  log: (line: string) => void,
): Promise<Target> {
  const wanted = spec ?? 'embedded';
  if (URL_SCHEME.test(wanted)) return urlTarget(wanted);
  const [, kind, argument] = /^(embedded|container)(?::(.+))?$/s.exec(wanted) ?? [];
  // What starts a server is loaded only where one is to be started.
  if (kind === 'embedded') return (await import('./embedded.ts')).openEmbedded(argument, scope, log);
  if (kind === 'container') return (await import('./container.ts')).openContainer(argument, scope);
  throw new IuError('usage', {
    code: 'unknown_target',
    // Not a part of it is shown: a mistyped URL may hold a password anywhere.
    message: 'The given target is none.',
    next:
      'Give one of: embedded (a temporary server, the default) · embedded:/dir/with/bin (from installed ' +
      'binaries) · container or container:image (needs Docker) · postgres://user@host:5432/database',
  });
}

function urlTarget(url: string): Target {
  checkUrl(url);
  return {
    kind: 'url',
    disposable: false,
    url,
    database: (name) => withDatabase(url, name),
    describe: () => redact(url),
    close: async () => {},
  };
}
