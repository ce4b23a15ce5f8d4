import { readFile, stat } from 'node:fs/promises';
import { IuError } from '../report/index.ts';

/**
 * The fence of live delivery, `<deployment id>:<token>`, which is kept outside the database: from `file`, lines of
 * `IU_DEPLOYMENT_ID=…` and `IU_FENCE_TOKEN=…` that nobody but its owner and group may read, or else from `env`.
 * Null where neither says anything. Throws IuError (usage) `fence_file`, `fence_file_open` or `fence_incomplete`; no
 * message holds the token.
 */
export async function readFence(file: string | undefined, env: NodeJS.ProcessEnv): Promise<string | null> {
  const { IU_DEPLOYMENT_ID: deployment, IU_FENCE_TOKEN: token } = file ? await parsed(file) : env;
  if (!deployment && !token) {
    if (!file) return null;
    throw failure('fence_incomplete', `${file} holds no fence`, file);
  }
  if (deployment && token) return `${deployment}:${token}`;
  const missing = deployment ? 'IU_FENCE_TOKEN' : 'IU_DEPLOYMENT_ID';
  throw failure('fence_incomplete', `the fence is not complete: ${missing} is missing`, file);
}

async function parsed(file: string): Promise<Record<string, string | undefined>> {
  const mode = await stat(file).then(
    (found) => found.mode,
    (error: NodeJS.ErrnoException) => {
      throw failure('fence_file', `${file} cannot be read: ${error.code}`, file);
    },
  );
  if ((mode & 0o007) !== 0) {
    const message = `${file} is open to every user of this machine, and holds a secret`;
    const next = `chmod o-rwx ${file}; then set another token, as this one may be known`;
    throw new IuError('usage', { code: 'fence_file_open', message, file, next });
  }
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw failure('fence_file', `${file} cannot be read: ${error.code}`, file);
  });
  return Object.fromEntries(
    [...text.matchAll(/^\s*(IU_DEPLOYMENT_ID|IU_FENCE_TOKEN)\s*=\s*(\S+)\s*$/gm)].map(([, key, value]) => [
      key,
      value,
    ]),
  );
}

function failure(code: string, message: string, file: string | undefined): IuError {
  const next = 'write IU_DEPLOYMENT_ID=… and IU_FENCE_TOKEN=… into it, or set both in the environment';
  return new IuError('usage', { code, message, ...(file ? { file } : {}), next });
}
