import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARTICLES, iu, makeProject } from '../support/index.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
if (!CHROMIUM) process.stdout.write("the receipt's page is not looked at: no Chromium on this machine\n");

/** A proof with findings of every length, and one without. */
const admin = (body: string) => `set local role workflow_admin;\n${body}\nreset role;`;
const LONG = 'an_index_whose_name_is_as_long_as_postgresql_allows_it_to_be_63';

describe.skipIf(!CHROMIUM)("a receipt's page in a browser", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iu-page-'));
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath: CHROMIUM!, args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Proves a small project and opens the page of its receipt, without scripts. */
  async function open(name: string, down: string, width: number, scheme: 'light' | 'dark'): Promise<Page> {
    const where = join(folder, name);
    const index = { name: 'index', up: admin(`create index ${LONG} on public.article (body);`), down };
    await iu(['prove', '--receipt', where], makeProject([ARTICLES, index]));
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width, height: 800 },
      colorScheme: scheme,
    });
    const page = await context.newPage();
    await page.goto(pathToFileURL(join(where, 'receipt.html')).href);
    return page;
  }

  it.each([
    ['desktop', 1280, 'light'],
    ['phone', 360, 'dark'],
  ] as const)(
    'fits a %s, says the verdict first, and opens the evidence with one click',
    async (name, width, scheme) => {
      const down = admin('comment on table public.article is null;\ndrop index public.not_there;');
      const page = await open(name, down, width, scheme);
      const box = await page.locator('html').boundingBox();
      const widest = await page.locator('main').boundingBox();
      expect(widest!.x + widest!.width).toBeLessThanOrEqual(box!.width);
      for (const cell of await page.locator('td, th, p, li, summary').all()) {
        const place = await cell.boundingBox();
        if (place) expect(place.x + place.width, await cell.innerText()).toBeLessThanOrEqual(width);
      }
      expect(await page.locator('h1').innerText()).toContain('not proven');
      expect(await page.locator('table').first().innerText()).toContain('3 of 4');
      expect(await page.locator('ol li').first().innerText()).toContain('not_there');
      expect(await page.locator('body').innerText()).toContain('What this receipt does not prove');

      const evidence = page.locator('details').first();
      expect(await evidence.locator('li').first().isVisible()).toBe(false);
      await evidence.locator('summary').click();
      expect(await evidence.locator('li').first().isVisible()).toBe(true);
      await page.context().close();
    },
  );

  it('shows the evidence on paper without a click, and light or dark as the reader wants', async () => {
    const down = admin(`drop index public.${LONG};`);
    const page = await open('paper', down, 1280, 'light');
    const color = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await color();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await color()).not.toBe(light);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('details li').first().isVisible()).toBe(true);
    expect(await page.locator('h1').innerText()).toContain('proven');
    await page.context().close();
  });
});
