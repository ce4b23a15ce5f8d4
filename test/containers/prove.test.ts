import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { iu } from '../harness/support/iu.ts';

/** The image the lane has; any stock image of a supported major will do. */
const IMAGE = process.env.IU_PG_IMAGE ?? 'postgres:15';

it(`proves this project in a container of ${IMAGE}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iu-container-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { report } = await iu(['prove', '--target', `container:${IMAGE}`, '--receipt', folder]);
  expect(report).toMatchObject({ verdict: 'proven', exit: 0, findings: [] });
  expect(report.target).toMatchObject({ kind: 'container' });
});
