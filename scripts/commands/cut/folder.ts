import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usage, why } from './document.ts';

/** Refuses a folder in which something is already: all that is in it later must be ours. */
export async function assertEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw usage(
      'out_exists',
      `${folder} is no folder to write into: ${why(error)}`,
      'name another with --out',
    );
  });
  if (names.length === 0) return;
  throw usage('out_exists', `${folder} is not empty: it is left alone`, 'name a new folder with --out');
}

/** Writes files below a folder, in their order; what is no text is written as JSON. */
export async function writeFolder(folder: string, files: Record<string, unknown>): Promise<void> {
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
      await writeFile(path, `${text}\n`, { flag: 'wx' });
    }
  } catch (error) {
    const message = `cannot write into ${folder}: ${why(error as NodeJS.ErrnoException)}`;
    throw usage('out_unwritable', message, `rm -r ${folder}, then check the folder and the room there`);
  }
}
