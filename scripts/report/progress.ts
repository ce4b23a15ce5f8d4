/**
 * Progress of long work: on a terminal the running step is shown and then overwritten by its result; in a
 * pipe or a log there is one plain line per finished step. Hand-written (a library would bring spinners and
 * its own idea of concurrency for what is one line of text).
 */
export interface Progress {
  /** Runs one step and prints its name, mark and time. What `work` throws is printed as `FAILED` and rethrown. */
  step<T>(label: string, work: (mark: (text: string) => void) => Promise<T>): Promise<T>;
  /** A heading or a remark on a line of its own. */
  line(text: string): void;
}

/** Where progress is written, and whether a running line may be redrawn there. */
export interface Terminal {
  write(text: string): void;
  redraw: boolean;
}

const WIDTH = 66;

/** Milliseconds as people read them: `12 ms`, `3.4 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export function createProgress(terminal: Terminal): Progress {
  const dots = (label: string) => `  ${label} ${'.'.repeat(Math.max(3, WIDTH - label.length))}`;
  return {
    line: (text) => terminal.write(`${text}\n`),
    async step(label, work) {
      const started = performance.now();
      let mark = 'ok';
      if (terminal.redraw) terminal.write(dots(label));
      const finish = (result: string) =>
        terminal.write(
          `${terminal.redraw ? '\r\u001b[K' : ''}${dots(label)} ${result}  ${duration(performance.now() - started)}\n`,
        );
      try {
        const value = await work((text) => {
          mark = text;
        });
        finish(mark);
        return value;
      } catch (error) {
        finish('FAILED');
        throw error;
      }
    },
  };
}
