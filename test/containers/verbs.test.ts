import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { iu } from '../harness/support/iu.ts';

/** The image the lane has; any stock image of a supported major will do. */
const IMAGE = process.env.IU_PG_IMAGE ?? 'postgres:15';

/** Runs a verb on this project in a container of its own. */
async function inContainer(verb: string) {
  const folder = mkdtempSync(join(tmpdir(), 'iu-container-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { report } = await iu([verb, '--target', `container:${IMAGE}`, '--receipt', folder]);
  expect(report.target).toMatchObject({ kind: 'container' });
  return report;
}

describe(`in a container of ${IMAGE}`, () => {
  it('migrate applies this project', async () => {
    expect(await inContainer('migrate')).toMatchObject({ exit: 0, findings: [] });
  });

  it('prove proves it', async () => {
    expect(await inContainer('prove')).toMatchObject({ verdict: 'proven', exit: 0, findings: [] });
  });

  it('rehearse climbs its staircase', async () => {
    expect(await inContainer('rehearse')).toMatchObject({ exit: 0, findings: [] });
  });

  it('probe runs its probes, with a witness', async () => {
    const report = await inContainer('probe');
    expect(report).toMatchObject({ exit: 0, findings: [] });
    expect(report.items.length).toBeGreaterThan(0);
    for (const item of report.items) {
      expect(item).toMatchObject({ verdict: 'clean', witness: { watched: true } });
    }
  });

  it('test runs its pgTAP files', async () => {
    const report = await inContainer('test');
    expect(report).toMatchObject({ exit: 0, findings: [] });
    expect(report.items.length).toBeGreaterThan(0);
  });
});
