import type { Health } from './health.ts';

type Labels = Record<string, string>;

/** One metric: its name, help, and a sample for each set of labels. */
interface Metric {
  name: string;
  help: string;
  samples: Array<[Labels, number]>;
}

/** Prometheus' text format 0.0.4 of a worker's health; all gauges, as the database says them now. */
export function prometheus(found: Health): string {
  const labels = { worker: found.worker };
  const one = (name: string, help: string, value: number): Metric => ({
    name: `iu_worker_${name}`,
    help,
    samples: [[labels, value]],
  });
  const metrics: Metric[] = [
    one('healthy', '1 when no reason speaks against it.', Number(found.healthy)),
    {
      name: 'iu_worker_reason',
      help: 'A reason why it is not healthy.',
      samples: found.reasons.map((reason) => [{ ...labels, reason }, 1]),
    },
    one('master_gate_open', '1 while the master gate is open.', Number(found.master_gate_open)),
    one('worker_gate_open', '1 while the worker gate is open.', Number(found.worker_gate_open)),
    one('inert', '1 while it is registered and routes nothing.', Number(found.inert)),
    one('generation', 'Newest generation of its cursor.', found.generation),
    {
      name: 'iu_worker_last_run_timestamp_seconds',
      help: 'When the latest run ended that left a generation.',
      samples: found.last_run_at === null ? [] : [[labels, Date.parse(found.last_run_at) / 1000]],
    },
    one('behind_events', 'Events that wait, counted up to its limit and one.', found.behind),
    one('lag_seconds', 'Age of the oldest event that waits.', found.lag_seconds),
    one('dead_letters_open', 'Dead letters that nobody has settled.', found.dead_letters),
    one('conflicts_open', 'Deliveries that were there already, not settled.', found.conflicts),
    one('retries_due', 'Failed deliveries whose next attempt is due.', found.retries_due),
    one('pending', 'Deliveries that wait for a dispatcher.', found.pending),
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(print)
    .join('');
}

function print({ name, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}{${pairs.join(',')}} ${value}`;
  });
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines].join('\n')}\n`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
