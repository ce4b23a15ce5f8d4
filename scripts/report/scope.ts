/**
 * What has to be undone when the process ends, however it ends. `defer`red cleanups run once, newest first,
 * on a normal end, an error, SIGINT, SIGTERM and SIGHUP; `deferSync` ones are the last resort of the
 * process's exit event, where nothing asynchronous runs any more. A kill -9 runs neither: whoever makes
 * something that outlives the process must be able to find it again at the next start.
 */
export interface Scope {
  defer(cleanup: () => Promise<void> | void): void;
  deferSync(cleanup: () => void): void;
}

export interface ClosableScope extends Scope {
  /** Runs the deferred cleanups; a second caller waits for the same end. */
  close(): Promise<void>;
  closeSync(): void;
}

export function createScope(): ClosableScope {
  const cleanups: Array<() => Promise<void> | void> = [];
  const last: Array<() => void> = [];
  let closing: Promise<void> | undefined;
  const undo = async () => {
    for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) {
      try {
        await cleanup();
      } catch (error) {
        process.stderr.write(`cleaning up: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
  return {
    defer: (cleanup) => void cleanups.push(cleanup),
    deferSync: (cleanup) => void last.push(cleanup),
    close: () => {
      closing ??= undo();
      return closing;
    },
    closeSync() {
      for (let cleanup = last.pop(); cleanup; cleanup = last.pop()) cleanup();
    },
  };
}
