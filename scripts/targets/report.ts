import { constants } from 'node:fs';
import { access, type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AskPermission,
  ambiguous,
  type DeliveryTarget,
  type Detail,
  failed,
  notPermitted,
  type Outcome,
  type Request,
  refused,
  sent,
} from './target.ts';

/** What the target is made with. */
export interface ReportOptions {
  /** The folder below which reports may be written; a file anywhere else is refused. */
  root: string;
}

/**
 * The target `report`: appends one line of JSON per event, `{ event_uid, route_code, idempotency_key, safe_payload }`,
 * to a file below the root, `NAME.jsonl` for `report:NAME` or the one that a `file:` URI names, makes it durable (fsync, and once of the folder for a new file), and only
 * then says sent. A line is one write at the end of the file, so several writers do not mix theirs. The file is
 * opened for each line: it may be moved away at any time (log rotation).
 *
 * At least once: after a crash between the line and its record the line comes again, under the same
 * idempotency_key; a reader keeps the first. A crash within a write leaves a torn last line, never said to be sent:
 * the next line starts on a line of its own, so a reader skips what is no JSON (and empty lines).
 *
 * A FIFO or a character device is a stream: written without waiting for a reader, `durable: false`, and no fsync.
 */
export function createReportTarget(options: ReportOptions): DeliveryTarget {
  return {
    kind: 'report',
    built: true,
    deliver: (request, permission) => deliver(options, request, permission),
  };
}

/** The line of a request, with its line feed. */
export function reportLine({ event_uid, route_code, idempotency_key, safe_payload }: Request): string {
  return `${JSON.stringify({ event_uid, route_code, idempotency_key, safe_payload })}\n`;
}

async function deliver(
  options: ReportOptions,
  request: Request,
  permission: AskPermission,
): Promise<Outcome> {
  if (request.target_kind !== 'report') {
    return refused({
      code: 'wrong_kind',
      message: `this is the target for report, not ${request.target_kind}`,
    });
  }
  const path = await place(options.root, request.target_ref);
  if (typeof path !== 'string') return path;
  let opened: Opened | null = null;
  try {
    opened = await openExisting(path);
    const torn = opened?.regular === true && (await endsTorn(opened.file));
    const no = notPermitted(await permission());
    if (no) return no;
    opened ??= await openNew(path);
    return await append(opened, path, `${torn ? '\n' : ''}${reportLine(request)}`);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall !== 'string') throw error;
    return failed(notWritable(path, error as NodeJS.ErrnoException));
  } finally {
    await opened?.file.close().catch(() => {});
  }
}

/** The path a URI names, its folder resolved; or why it is not to be written to. */
async function place(root: string, ref: string): Promise<string | Outcome> {
  const path = named(root, ref);
  if (path === null) {
    const message = `the target_ref ${ref} of a report names no file of this machine`;
    return refused({ code: 'bad_target_ref', message, next: 'report:name, or file:///folder/name.jsonl' });
  }
  try {
    const folder = await realpath(dirname(path));
    const within = await realpath(root);
    if (folder === within || folder.startsWith(within === sep ? sep : within + sep)) {
      return join(folder, basename(path));
    }
  } catch (error) {
    return failed(notWritable(path, error as NodeJS.ErrnoException));
  }
  const message = `${path} is not below ${root}, the folder for reports of this worker`;
  const next = 'change the target_ref of the route, or start the worker with another --reports folder';
  return refused({ code: 'outside_root', message, next });
}

function named(root: string, ref: string): string | null {
  const [, name] = /^report:([A-Za-z0-9_-]+)$/.exec(ref) ?? [];
  if (name) return join(root, `${name}.jsonl`);
  try {
    return fileURLToPath(ref);
  } catch {
    return null;
  }
}

interface Opened {
  file: FileHandle;
  /** A regular file: it has an end to look at, and fsync means something. */
  regular: boolean;
  /** The file was made just now: its name has to be made durable too. */
  fresh: boolean;
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/** Null where there is no such file, but could be: nothing is made before the permission to act. */
async function openExisting(path: string): Promise<Opened | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!found) {
    await access(dirname(path), constants.W_OK);
    return null;
  }
  if (found.isFile()) {
    return { file: await open(path, O_RDWR | O_APPEND | O_NOFOLLOW), regular: true, fresh: false };
  }
  // Without a reader at its other end a FIFO would hold the open, and a full one the write.
  const file = await open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW);
  return { file, regular: false, fresh: false };
}

/** Where another writer makes it at the same time, both make its name durable. */
async function openNew(path: string): Promise<Opened> {
  const file = await open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CREAT, 0o640);
  return { file, regular: true, fresh: true };
}

/** One write: what follows a short one could be mixed with another writer's line. */
async function append({ file, regular, fresh }: Opened, path: string, text: string): Promise<Outcome> {
  const bytes = Buffer.from(text);
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) {
    const message = `only ${bytesWritten} of ${bytes.length} bytes went into ${path}: the line is torn`;
    return failed({ code: 'torn_write', message, next: 'make room there' });
  }
  if (!regular) {
    const message = 'written to the stream; what its reader does is not known';
    return sent({ code: 'appended', message, file: path, durable: false });
  }
  try {
    await file.sync();
    if (fresh) await syncFolder(path);
  } catch (error) {
    const message = `${path} was written and could not be made durable: ${(error as Error).message}`;
    return ambiguous({ code: 'fsync_failed', message, next: 'look at the disk; the line may come twice' });
  }
  return sent({ code: 'appended', message: 'appended and made durable', file: path, durable: true });
}

/** Does the file end within a line? A crash within a write, or a full disk, left it so. */
async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== 0x0a;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const REASONS: Record<string, [string, string]> = {
  ENOENT: ['its folder does not exist', 'make the folder, open to the user that runs the worker'],
  ENOTDIR: ['its folder does not exist', 'make the folder, open to the user that runs the worker'],
  EACCES: ['this user may not write there', 'let the user that runs the worker write there'],
  EPERM: ['this user may not write there', 'let the user that runs the worker write there'],
  EROFS: ['the file system is read-only', 'name a file on another one'],
  EISDIR: ['it is a folder', 'name a file in it'],
  ELOOP: ['it is a symbolic link', 'name the file itself'],
  ENXIO: ['nobody reads from it', 'start its reader'],
  EAGAIN: ['its reader does not keep up', 'wait for the reader'],
  EPIPE: ['its reader is gone', 'start its reader'],
  ENOSPC: ['the disk is full', 'make room there'],
  EDQUOT: ['the quota is used up', 'make room there'],
};

function notWritable(path: string, error: NodeJS.ErrnoException): Detail {
  const [why, next] = REASONS[error.code ?? ''] ?? [error.message, 'check the path and the disk'];
  return {
    code: 'not_writable',
    message: `${path} cannot be written: ${why}`,
    next,
    errno: error.code ?? null,
  };
}
