import { describe, expect, it } from 'vitest';
import { makeProject } from '../harness/support/project.ts';
import { AMENDMENTS, ARTICLES } from '../harness/support/samples.ts';
import { IMAGE, inContainer } from './support.ts';

describe(`in a container of ${IMAGE}`, () => {
  it('migrate applies this project', async () => {
    expect(await inContainer('migrate')).toMatchObject({ exit: 0, findings: [] });
  });

  it('rehearse climbs the staircase of a project', async () => {
    const root = makeProject([ARTICLES, AMENDMENTS]);
    expect(await inContainer('rehearse', root)).toMatchObject({ exit: 0, findings: [] });
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
