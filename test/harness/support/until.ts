import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until `condition` gives something; throws after 30 s, naming what was awaited. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const value = await condition();
    if (value) return value;
    await sleep(20);
  }
  throw new Error(`waited 30 s in vain for ${what}`);
}
