import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HtmlReport, type HtmlRow } from '../../../src/report/simulation-html.js';
import { chromiumMissing, startChromium } from '../servers/chromium.js';

const missing = chromiumMissing();
const required = process.env['CI'] === 'true';
if (missing !== null) console.log(`skipped: ${missing}`);

const USERS = 100_000;

function rowOf(at: number): HtmlRow {
  const lost = at % 100 === 99;
  const backend = `mail${at % 4}.example.com:143`;
  return {
    user: at === 4 ? '<b>&"\\x3c</script>' : `user${at}@example.com`,
    service: 'imap',
    outcome: lost ? 'fail_unknown_user' : 'ok_proxy',
    passdb: lost ? '2. here' : '1. proxied',
    backend: lost ? '' : backend,
    tls: lost ? '' : 'STARTTLS, certificate verified',
    sent: lost ? '' : `user${at}`,
    why: lost ? 'refused: unknown user' : '',
  };
}

/** Run by the browser: what can be used and has no name. */
const NAMELESS = `[...document.querySelectorAll('button, input, select, svg')].filter((element) => {
  const label = element.closest('label')?.textContent ?? '';
  return (element.textContent + label + (element.getAttribute('aria-label') ?? '')).trim() === '';
}).map((element) => element.outerHTML)`;

/** Run by the browser: contrast of texts with the page. WCAG 2.1, 1.4.3 */
const CONTRASTS = `(() => {
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const value = part / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const page = light(getComputedStyle(document.body).backgroundColor);
  return ['h1', '.hint', 'td.good', '#ways tr.bad td:nth-child(4)', 'td button'].map((name) => {
    const text = light(getComputedStyle(document.querySelector(name)).color);
    return (Math.max(page, text) + 0.05) / (Math.min(page, text) + 0.05);
  });
})()`;

describe.skipIf(missing !== null && !required)('the page of 100,000 users in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-page-'));
  const path = join(folder, 'users.html');
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    const parts: string[] = [];
    const report = new HtmlReport({ config: 'dovecot.conf', dovecot: '2.4.1' }, (part) => parts.push(part));
    for (let at = 0; at < USERS; at += 1) report.add(rowOf(at));
    report.end(false);
    writeFileSync(path, parts.join(''));
    browser = await startChromium();
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => problems.push(message.text()));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`file://${path}`);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const cells = (row: number) => page.locator(`#users tbody tr:nth-child(${row}) td`).allTextContents();
  const found = () => page.textContent('#found');

  test('shows the first of all users, with nothing of a name as markup', async () => {
    expect(await found()).toBe('100,000 of 100,000 users');
    expect(await page.locator('#users tbody tr').count()).toBe(100);
    expect(await cells(1)).toEqual([
      'user0@example.com',
      'imap',
      'ok_proxy',
      'mail0.example.com:143',
      'STARTTLS, certificate verified',
      'user0',
      '1. proxied',
      '',
    ]);
    expect((await cells(5))[0]).toBe('<b>&"\\x3c</script>');
    expect(await page.locator('#users b').count()).toBe(0);
  });

  test('finds, sorts and turns pages', async () => {
    await page.fill('#text', 'USER7777@');
    expect(await found()).toBe('1 of 100,000 users');
    await page.click('#clear');
    await page.selectOption('#outcome', 'fail_unknown_user');
    expect(await found()).toBe('1,000 of 100,000 users');
    expect(await page.textContent('#page')).toBe('page 1 of 10');
    await page.click('#last');
    expect(await page.textContent('#page')).toBe('page 10 of 10');
    expect(await page.isDisabled('#next')).toBe(true);
    await page.click('#users th:nth-child(1) button');
    await page.click('#users th:nth-child(1) button');
    expect(await page.getAttribute('#users th:nth-child(1)', 'aria-sort')).toBe('descending');
    expect((await cells(1))[0]).toBe('user99999@example.com');
    await page.click('#clear');
  });

  test('a way of the picture or of its table leads to its users', async () => {
    await page.locator('#flow path.bad').first().dispatchEvent('click');
    expect(await found()).toBe('1,000 of 100,000 users of passdb 2. here');
    await page.locator('#ways button', { hasText: '25,000' }).first().click();
    expect(await found()).toMatch(/^2[45],\d{3} of 100,000 users of passdb 1\. proxied$/);
    expect(new Set(await page.locator('#users td:nth-child(4)').allTextContents())).toEqual(
      new Set([(await cells(1))[3]]),
    );
    await page.click('#clear');
  });

  test('can be used by keyboard and has names for everything that can be used', async () => {
    const nameless = await page.evaluate<string[]>(NAMELESS);
    expect(nameless).toEqual([]);
    await page.focus('#text');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('outcome');
  });

  test('text can be read on light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const contrasts = await page.evaluate<number[]>(CONTRASTS);
      for (const contrast of contrasts) expect(contrast).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('asks nobody and complains of nothing', () => {
    expect(requests).toEqual([`file://${path}`]);
    expect(problems).toEqual([]);
  });
});
