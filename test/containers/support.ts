import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { iu } from '../harness/support/iu.ts';

/** The image the lane has; any stock image of a supported major will do. */
export const IMAGE = process.env.IU_PG_IMAGE ?? 'postgres:15';

/** Runs a verb in a container of its own: on this project, or on the one in `root`. */
export async function inContainer(verb: string, root?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'iu-container-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { report } = await iu([verb, '--target', `container:${IMAGE}`, '--receipt', folder], root);
  expect(report.target).toMatchObject({ kind: 'container' });
  return report;
}
