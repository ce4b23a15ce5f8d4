import { latestDryRun, problemsOf, type RunStatus } from '../../cut-run/index.ts';
import type { Finding } from '../../report/index.ts';

/** Why the newest dry run of a run is red: one finding for each problem. */
export function problemOf(status: RunStatus): Finding[] {
  const { code, name, message, detail } = latestDryRun(status)!.problem!;
  const found = problemsOf(
    {
      code: name ?? 'server_error',
      message,
      ...(detail === null ? {} : { detail: typeof detail === 'string' ? detail : JSON.stringify(detail) }),
    },
    status.source.origin,
  );
  const next = `mend it, then npm run iu -- cut resume ${status.run_id}; docs/errors/${code}.md`;
  return found.map((finding) => ({ ...finding, next: finding.next ?? next }));
}
