import { randomBytes } from 'node:crypto';
import { IuError } from '../report/index.ts';
import { tail } from './failure.ts';
import { quietly } from './program.ts';

/** Arguments that encrypt standard input to one key. The dump is compressed already. */
export const encryptTo = (fingerprint: string): string[] => [
  '--batch',
  '--quiet',
  '--no-tty',
  '--trust-model',
  'always',
  '--compress-algo',
  'none',
  '--recipient',
  fingerprint,
  '--encrypt',
];

/** Arguments that decrypt; a passphrase is never asked for, an agent may have it. */
export const DECRYPT = ['--batch', '--quiet', '--no-tty', '--pinentry-mode', 'error', '--decrypt'];

/** What a key was seen to do. */
export interface KeyTest {
  fingerprint: string;
  /** The round trip came back; false: the secret key is not here, or not without a passphrase. */
  decrypts: boolean;
}

/** The fingerprint in BACKUP_GPG_FPR, without blanks; null when it is not set. Throws `bad_key` for another form. */
export function wantedKey(): string | null {
  const given = (process.env.BACKUP_GPG_FPR ?? '').replace(/\s/g, '');
  if (given === '') return null;
  // Only a whole fingerprint names one key; a name or a short id could be anybody's.
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(given)) return given.toUpperCase();
  throw badKey('BACKUP_GPG_FPR is no fingerprint: 40 (or 64) hexadecimal digits are expected');
}

/**
 * Encrypts a few bytes to the key and, where the secret key is on this machine, decrypts them again. Throws
 * IuError (refused): `no_gpg`, or `bad_key` with what gpg said (unknown, expired, revoked, cannot encrypt …).
 * That it works now does not promise that the secret key is kept somewhere.
 */
export async function testKey(fingerprint: string): Promise<KeyTest> {
  const probe = randomBytes(24).toString('hex');
  if ((await quietly()`gpg --version`).exitCode !== 0) {
    const next = 'install GnuPG (apt install gnupg), or unset BACKUP_GPG_FPR for a backup in the clear';
    throw new IuError('refused', {
      code: 'no_gpg',
      message: 'BACKUP_GPG_FPR is set and gpg is not here',
      next,
    });
  }
  const encrypted = await quietly()`printf %s ${probe} | gpg ${[...encryptTo(fingerprint), '--armor']}`;
  if (encrypted.exitCode !== 0 || !encrypted.stdout.startsWith('-----BEGIN PGP MESSAGE')) {
    throw badKey(`nothing can be encrypted to the key ${fingerprint}`, tail(encrypted.stderr));
  }
  const back = await quietly()`printf %s ${encrypted.stdout} | gpg ${DECRYPT}`;
  if (back.exitCode === 0 && back.stdout !== probe)
    throw badKey('gpg decrypts something else than it encrypted');
  return { fingerprint, decrypts: back.exitCode === 0 };
}

function badKey(message: string, detail?: string): IuError {
  return new IuError('refused', {
    code: 'bad_key',
    message,
    next: 'put the fingerprint of a valid encryption key of this keyring there: gpg --list-keys --with-fingerprint',
    ...(detail === undefined ? {} : { detail }),
  });
}
