import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { type Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IuError } from '../report/index.ts';
import { notEncrypted } from './failure.ts';
import type { Piped } from './program.ts';
import type { StoredFile } from './record.ts';

/** Passes everything on, and counts and hashes it. */
function meter(): { through: Transform; result(): { bytes: number; sha256: string } } {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { through, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** Passes everything on, and a copy to `side` for as long as that takes it; never faster than the slower of both. */
export function tee(side: Writable): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const pass = () => {
        side.off('drain', pass).off('close', pass);
        done(null, chunk);
      };
      if (!side.writable || side.write(chunk)) return void done(null, chunk);
      side.once('drain', pass).once('close', pass);
    },
    flush(done) {
      side.end();
      done();
    },
  });
}

/**
 * Writes `source` to a new file, mode 0600, through gpg where `encrypting` runs one, and flushes it to disk.
 * Memory does not grow with the file. Throws what any of them throws (ENOSPC …), or `bad_key` when gpg failed.
 */
export async function storeStream(
  source: Readable,
  file: string,
  encrypting: Piped | null,
): Promise<StoredFile> {
  const { through, result } = meter();
  const sink = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  if (!encrypting) {
    await pipeline(source, through, sink);
    return { file: basename(file), ...result() };
  }
  const writing = pipeline(encrypting.stdout, through, sink);
  const feeding = pipeline(source, encrypting.stdin).catch((error: NodeJS.ErrnoException) => {
    // gpg stopped reading: its own end says why, or else the file it writes to does.
    if (error.code !== 'EPIPE') throw error;
  });
  await Promise.all([writing, feeding]);
  const { exitCode, stderr } = await encrypting.ended;
  if (exitCode !== 0) throw notEncrypted(stderr);
  return { file: basename(file), ...result() };
}

/** Reads a file back and compares it with what was written. Throws IuError (finding) `not_as_written`. */
export async function readBack(path: string, written: StoredFile): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  if (hash.digest('hex') === written.sha256) return;
  const message = `${path} does not read as it was written: the disk or somebody else changed it`;
  throw new IuError('finding', {
    code: 'not_as_written',
    message,
    next: 'check the disk, and run this again',
  });
}
