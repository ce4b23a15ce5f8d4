import { expect, it } from 'vitest';
import { IMAGE, inContainer } from './support.ts';

it(`iu prove proves this project in a container of ${IMAGE}`, async () => {
  expect(await inContainer('prove')).toMatchObject({ verdict: 'proven', exit: 0, findings: [] });
});
