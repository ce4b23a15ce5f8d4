import { readFile, stat } from 'node:fs/promises';
import { LARGEST_FILE, loadProfile, type Manifest, mark, type Profile } from '../../cut/index.ts';
import { IuError } from '../../report/index.ts';
import type { Given } from './given.ts';

export function usage(code: string, message: string, next: string): IuError {
  return new IuError('usage', { code, message, next });
}

export const why = ({ code, message }: NodeJS.ErrnoException): string => {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  return code ?? message;
};

/** What is to be marked, and how. */
export interface Document {
  file: string;
  prefix: string;
  profile: Profile;
  maxUnits?: number;
}

/** The document that an action is about, or the usage error that names what is missing. */
export function asked(
  { subject: file, prefix, profile = 'markdown', maxUnits }: Given,
  action: string,
): Document {
  const example = `npm run iu -- cut ${action} ${file ?? 'FILE'} --prefix DE-GG`;
  if (!file) throw usage('usage', `cut ${action} needs a file`, example);
  if (!prefix) throw usage('usage', `cut ${action} needs --prefix`, example);
  const limit = maxUnits === undefined ? {} : { maxUnits };
  return { file, prefix, profile: loadProfile(profile), ...limit };
}

/** Reads and marks a document. Throws usage errors and what `mark` refuses. */
export async function markDocument(document: Document): Promise<{ bytes: Buffer; manifest: Manifest }> {
  const { file, ...options } = document;
  const bytes = await readDocument(file);
  return { bytes, manifest: mark(bytes, { origin: file, ...options }) };
}

/** The bytes of a file that is not too large to be a document. */
export async function readDocument(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_FILE) {
      const message = `${file} has ${size} bytes; up to ${LARGEST_FILE} are taken`;
      throw new IuError('finding', { code: 'too_large', message, file, next: 'split it into documents' });
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof IuError) throw error;
    const message = `cannot read ${file}: ${why(error as NodeJS.ErrnoException)}`;
    throw usage('file_unreadable', message, 'check the path and its permissions');
  }
}
