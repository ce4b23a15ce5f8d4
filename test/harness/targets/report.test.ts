import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { $ } from 'zx';
import { createReportTarget, type Outcome, reportLine } from '../../../scripts/targets/index.ts';
import { REAL_PROJECT } from '../support/index.ts';
import { type Arrived, type Bench, deliveryContract, granted, requestFor } from './contract.ts';

/** The lines of a report that are whole. */
function lines(file: string): Arrived[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const { event_uid, idempotency_key, safe_payload } = JSON.parse(line);
        return [{ event_uid, idempotency_key, safe_payload }];
      } catch {
        return [];
      }
    });
}

async function reportBench(): Promise<Bench & { root: string; file: string }> {
  const root = mkdtempSync(join(tmpdir(), 'iu-report-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'law');
  mkdirSync(folder);
  const file = join(folder, 'events.jsonl');
  return {
    root,
    file,
    target: createReportTarget({ root }),
    ref: pathToFileURL(file).href,
    arrived: async () => lines(file),
    breakIt: async () => renameSync(folder, `${folder}.away`),
    mend: async () => renameSync(`${folder}.away`, folder),
  };
}

deliveryContract('report', reportBench);

describe('the report target', () => {
  const deliver = (bench: Bench, ref = bench.ref): Promise<Outcome> =>
    bench.target.deliver(requestFor(bench, { target_ref: ref }), granted);

  it('writes one line per event, with the route and the key', async () => {
    const bench = await reportBench();
    const request = requestFor(bench);
    const outcome = await bench.target.deliver(request, granted);
    expect(outcome.detail).toEqual({
      code: 'appended',
      message: 'appended and made durable',
      file: bench.file,
      durable: true,
    });
    expect(readFileSync(bench.file, 'utf8')).toBe(reportLine(request));
    expect(JSON.parse(reportLine(request))).toEqual({
      event_uid: request.event_uid,
      route_code: request.route_code,
      idempotency_key: request.idempotency_key,
      safe_payload: request.safe_payload,
    });
  });

  it('takes a name for a file in its folder', async () => {
    const bench = await reportBench();
    expect(await deliver(bench, 'report:pieces')).toMatchObject({ status: 'sent' });
    expect(lines(join(bench.root, 'pieces.jsonl'))).toHaveLength(1);
    for (const ref of ['report:../pieces', 'report:', 'report:a/b', 'report:a.b']) {
      expect(await deliver(bench, ref)).toMatchObject({
        status: 'refused',
        detail: { code: 'bad_target_ref' },
      });
    }
  });

  it('makes no file before it may', async () => {
    const bench = await reportBench();
    await bench.target.deliver(requestFor(bench), async () => ({
      granted: false,
      code: 'gate_closed',
      message: 'closed',
    }));
    expect(existsSync(bench.file)).toBe(false);
  });

  it('starts on a line of its own after a line that a crash has torn, wherever it was torn', async () => {
    const bench = await reportBench();
    const first = requestFor(bench);
    await bench.target.deliver(first, granted);
    const whole = statSync(bench.file).size;
    const torn = reportLine(requestFor(bench));
    for (let cut = 1; cut < torn.length; cut += 7) {
      appendFileSync(bench.file, torn.slice(0, cut));
      const next = requestFor(bench);
      expect(await bench.target.deliver(next, granted)).toMatchObject({ status: 'sent' });
      expect(lines(bench.file).map(({ event_uid }) => event_uid)).toEqual([first.event_uid, next.event_uid]);
      truncateSync(bench.file, whole);
    }
  });

  it('a writer killed at any moment has lost no line that it said was sent', async () => {
    const bench = await reportBench();
    const said: string[] = [];
    for (let kill = 0; kill < 5; kill += 1) {
      const program = `
        import { createReportTarget } from './scripts/targets/index.ts';
        const target = createReportTarget({ root: ${JSON.stringify(bench.root)} });
        for (let n = 0; ; n += 1) {
          const event_uid = '${kill}-' + n;
          const request = { route_code: 'r', event_uid, target_kind: 'report', idempotency_key: event_uid,
            target_ref: ${JSON.stringify(bench.ref)}, safe_payload: { text: 'z'.repeat(200000) } };
          const { status } = await target.deliver(request, async () => ({ granted: true }));
          process.stdout.write(event_uid + ' ' + status + '\\n');
        }`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: REAL_PROJECT });
      let text = '';
      child.stdout.on('data', (data) => {
        text += data;
        if (text.split('\n').length > 4 + kill) child.kill('SIGKILL');
      });
      await once(child, 'close');
      said.push(...[...text.matchAll(/^(\S+) sent$/gm)].map(([, uid]) => uid!));
    }
    expect(said.length).toBeGreaterThan(20);
    await deliver(bench);
    const there = lines(bench.file).map(({ event_uid }) => event_uid);
    expect(said.filter((uid) => !there.includes(uid))).toEqual([]);
    expect(new Set(there).size).toBe(there.length);
  });

  it('goes on in a new file when the old one was moved away', async () => {
    const bench = await reportBench();
    await deliver(bench);
    renameSync(bench.file, `${bench.file}.1`);
    await deliver(bench);
    expect([lines(`${bench.file}.1`).length, lines(bench.file).length]).toEqual([1, 1]);
  });

  it.each<[string, (bench: { root: string; file: string }) => void, string, RegExp]>([
    [
      'a folder that is not there',
      ({ file }) => rmSync(join(file, '..'), { recursive: true }),
      'ENOENT',
      /make the folder/,
    ],
    ['a folder in its place', ({ file }) => mkdirSync(file), 'EISDIR', /name a file in it/],
    [
      'a symbolic link in its place',
      ({ file }) => symlinkSync('/etc/passwd', file),
      'ELOOP',
      /the file itself/,
    ],
    ['a link to nothing', ({ file }) => symlinkSync('/nowhere/x', file), 'ELOOP', /the file itself/],
  ])('has failed, and says what to do, where there is %s', async (_, prepare, errno, next) => {
    const bench = await reportBench();
    prepare(bench);
    const outcome = await deliver(bench);
    expect(outcome).toMatchObject({
      status: 'failed',
      detail: { code: 'not_writable', errno },
    });
    expect(outcome.detail.next).toMatch(next);
  });

  it('has failed where this user may not write', async () => {
    const bench = await reportBench();
    const folder = join(bench.file, '..');
    chmodSync(folder, 0o555);
    chmodSync(bench.root, 0o755);
    const program = `
      import { createReportTarget } from './scripts/targets/index.ts';
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      const request = { route_code: 'r', event_uid: 'e', target_kind: 'report', idempotency_key: 'k',
        target_ref: ${JSON.stringify(bench.ref)}, safe_payload: {} };
      const target = createReportTarget({ root: ${JSON.stringify(bench.root)} });
      console.log(JSON.stringify(await target.deliver(request, async () => ({ granted: true }))));`;
    const { stdout } = await $({
      cwd: REAL_PROJECT,
      quiet: true,
    })`${process.execPath} --input-type=module -e ${program}`;
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      detail: { code: 'not_writable', errno: 'EACCES', next: expect.stringContaining('let the user') },
    });
  });

  it('has failed on a full disk', async () => {
    // No regular file; what it shows is that ENOSPC is a failure with a step.
    const target = createReportTarget({ root: '/dev' });
    const outcome = await target.deliver(
      { ...requestFor({ target } as Bench), target_ref: 'file:///dev/full' },
      granted,
    );
    expect(outcome).toMatchObject({ status: 'failed', detail: { errno: 'ENOSPC', next: 'make room there' } });
  });

  it('refuses a file that is not below the folder of the worker, by dots or through a link', async () => {
    const bench = await reportBench();
    const outside = mkdtempSync(join(tmpdir(), 'iu-outside-'));
    onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
    symlinkSync(outside, join(bench.root, 'link'));
    for (const path of [join(outside, 'x'), `${bench.root}/../x`, join(bench.root, 'link/x')]) {
      const outcome = await deliver(bench, `file://${path}`);
      expect(outcome).toMatchObject({ status: 'refused', detail: { code: 'outside_root' } });
    }
    expect(existsSync(join(outside, 'x'))).toBe(false);
  });

  it('writes to a FIFO whose reader is there, says it is not durable, and never waits for one', async () => {
    const bench = await reportBench();
    await $({ quiet: true })`mkfifo ${bench.file}`;
    expect(await deliver(bench)).toMatchObject({ status: 'failed', detail: { errno: 'ENXIO' } });
    const reader = await open(bench.file, 'r+');
    onTestFinished(() => reader.close());
    const request = requestFor(bench);
    const outcome = await bench.target.deliver(request, granted);
    expect(outcome).toMatchObject({ status: 'sent', detail: { durable: false } });
    const { buffer, bytesRead } = await reader.read(Buffer.alloc(65_536));
    expect(buffer.subarray(0, bytesRead).toString()).toBe(reportLine(request));
  });
});
