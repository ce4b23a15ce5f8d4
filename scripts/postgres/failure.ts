import { type Finding, IuError } from '../report/index.ts';
import { malformedUrl, redact } from './url.ts';

/**
 * What a failed connection attempt means, as an IuError (exit usage) with one of the codes `unreachable`,
 * `wrong_password`, `no_such_database`, `too_many_connections`, `not_ready`, `tls`, `malformed_url` or,
 * for anything else, `connection_failed` with the words of the server or the driver. Pure.
 */
export function connectFailure(url: string, error: unknown): IuError {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const text = error instanceof Error ? error.message : String(error);
  if (code === 'ERR_INVALID_URL' || /^(Invalid URL|Invalid port|URI malformed)/.test(text)) {
    return malformedUrl(url, 'it is not a valid URL', error);
  }
  const finding = byCode(code, text) ?? byText(text) ?? other(text);
  return new IuError(
    'usage',
    { ...finding, message: `${finding.message} Target: ${redact(url)}` },
    { cause: error },
  );
}

/** Is the server there, but not (yet, any more) taking connections? */
export function isUnavailable(error: unknown): boolean {
  const codes = ['unreachable', 'not_ready'];
  return error instanceof IuError && codes.includes(error.findings[0]?.code ?? '');
}

const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: 'nothing listens on that address (connection refused)',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'the host name cannot be resolved',
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the host did not answer in time',
  ECONNRESET: 'the connection was reset by the other side',
  EPIPE: 'the connection was closed by the other side',
  EACCES: 'the socket may not be opened by this user',
};

function unreachable(why: string): Finding {
  return {
    code: 'unreachable',
    message: `No PostgreSQL server could be reached: ${why}.`,
    next: 'Check host and port, that the server runs, and that no firewall stands in between.',
  };
}

function byCode(code: string, text: string): Finding | undefined {
  const why = UNREACHABLE[code];
  if (why !== undefined) return unreachable(why);
  switch (code) {
    case '28P01':
      return wrongPassword(sentence(text));
    case '28000':
      return /no encryption|SSL off/.test(text) ? tls(text) : wrongPassword(sentence(text));
    case '3D000':
      return {
        code: 'no_such_database',
        message: `The server answers, but: ${sentence(text)}`,
        next: 'Create the database, or correct the name at the end of the URL.',
      };
    case '53300':
      return {
        code: 'too_many_connections',
        message: `The server has no free connection: ${sentence(text)}`,
        next: 'Wait, close idle sessions (pg_stat_activity lists them), or raise max_connections.',
      };
    case '57P01':
    case '57P02':
    case '57P03':
      return {
        code: 'not_ready',
        message: `The server is starting up or shutting down: ${sentence(text)}`,
        next: 'Wait until it accepts connections, then run the same command again.',
      };
    default:
      return /^(ERR_(SSL|TLS)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code) ? tls(text) : undefined;
  }
}

function byText(text: string): Finding | undefined {
  if (/unsupported startup parameter/.test(text)) {
    return {
      code: 'pooled',
      message: 'A connection pooler that takes no options answers there.',
      next: 'Connect to the server itself (for most providers: another host or port than the pooler).',
    };
  }
  if (/password must be a/.test(text))
    return wrongPassword('The server asks for a password; none was given.');
  if (/\b(SSL|TLS|certificate)\b/i.test(text)) return tls(text);
  if (/timeout expired/.test(text)) return unreachable('no answer within the time limit');
  if (/terminated unexpectedly/.test(text)) {
    return unreachable('the other side closed the connection (is it a PostgreSQL server?)');
  }
  if (/received invalid response/.test(text)) {
    return unreachable('something answers there, but it does not speak the PostgreSQL protocol');
  }
  return undefined;
}

function wrongPassword(what: string): Finding {
  return {
    code: 'wrong_password',
    message: `The server refused this login. ${what}`,
    next: 'Correct user and password in the URL (or set PGPASSWORD); pg_hba.conf says who may come from where.',
  };
}

function tls(text: string): Finding {
  return {
    code: 'tls',
    message: `No encrypted connection could be agreed on. ${sentence(text)}`,
    next:
      'Name the certificate authority with sslrootcert=/path/ca.pem, or choose another sslmode. Here ' +
      'sslmode=require verifies the certificate; add uselibpqcompat=true for the meaning psql gives it.',
  };
}

function other(text: string): Finding {
  return {
    code: 'connection_failed',
    message: `No connection could be made. ${sentence(text)}`,
    next: 'Try the same URL with psql; the server log says more.',
  };
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
