import { assertWritable, describeIdentity, type Identity } from '../postgres/index.ts';
import { EXIT, IuError } from '../report/index.ts';
import { type Check, joined, judged, type Part } from './check.ts';

/** Which server it is, and whether iu could write there. A standby or a pooler is no fault of the database. */
export function target(identity: Identity): Part {
  const check = (name: string, ok: boolean | null, detail: string, next?: string): Check => ({
    group: 'target',
    check: name,
    ok,
    detail,
    ...(next ? { next } : {}),
  });
  const server = check('server', true, describeIdentity(identity));
  try {
    assertWritable(identity);
    return { checks: [server, check('takes writes', true, 'yes')], findings: [] };
  } catch (error) {
    if (!(error instanceof IuError) || error.exit === EXIT.bug) throw error;
    const { code, message, next } = error.findings[0]!;
    const writes = check('takes writes', code === 'encoding' ? false : null, message, next);
    return joined([{ checks: [server], findings: [] }, judged(writes, { code })]);
  }
}
