import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ScriptedBackend } from '../../serve/scripted-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { chromiumMissing, startChromium } from '../servers/chromium.js';
import { type DvproxyServer, runDvproxy, startDvproxy } from '../servers/dvproxy.js';

const missing = chromiumMissing();
if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);
if (missing !== null) console.warn(`the status page in a browser skipped: ${missing}`);

/** The cells of a table's rows under a heading. */
function tableUnder(page: Page, heading: string): Promise<string[][]> {
  return page
    .locator(`h2:text-is("${heading}") + div tbody tr`)
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
    );
}

describe.skipIf(missing !== null)('the status page in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-page-'));
  const admin = `unix:${join(folder, 'admin.sock')}`;
  let browser: Browser;
  let page: Page;
  let proxy: DvproxyServer;
  let well: ScriptedBackend;
  let gone: number;
  const clients: ScriptedClient[] = [];

  beforeAll(async () => {
    well = await ScriptedBackend.start();
    const other = await ScriptedBackend.start();
    gone = other.port;
    await other.stop();
    const config = join(folder, 'dovecot.conf');
    const line = (user: string, port: number) => `${user}:secret::::::proxy host=127.0.0.1 port=${port}\n`;
    writeFileSync(
      join(folder, 'users'),
      line('joe', well.port) + line('<b>jane</b>', well.port) + line('jim', gone),
    );
    writeFileSync(
      config,
      `protocols = imap
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
login_proxy_max_reconnects = 0
auth_username_chars =
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
`,
    );
    proxy = await startDvproxy(['-c', config, '--admin', admin, '--http', '127.0.0.1:0', '--breaker', '2']);
    for (const user of ['joe', '"<b>jane</b>"']) {
      const client = await ScriptedClient.connect(proxy.port);
      clients.push(client);
      await client.greeting();
      expect(await client.command('a', `LOGIN ${user} secret`)).toMatch(/^a OK/m);
    }
    for (const login of ['joe wrong', 'jim secret', 'jim secret', 'jim secret']) {
      const client = await ScriptedClient.connect(proxy.port);
      await client.greeting();
      expect(await client.command('a', `LOGIN ${login}`)).toMatch(/^a NO/m);
      client.close();
    }
    await proxy.logged(/status page and metrics at/);
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  });

  afterAll(async () => {
    await browser.close();
    for (const client of clients) client.close();
    await proxy.stop();
    await well.stop();
    rmSync(folder, { recursive: true });
  });

  const open = () => page.goto(/status page and metrics at (\S+)/.exec(proxy.log())?.[1] ?? '');

  test('shows sessions, logins and errors of each backend', async () => {
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    await open();
    expect(await page.title()).toBe('dvproxy: 2 sessions');
    const figures = await page.locator('.figures li').allInnerTexts();
    expect(figures.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      '2 proxied sessions',
      '0 logging in',
      '5 logins',
      '1 refused',
      '0 temporary failures',
      expect.stringMatching(/^[\d.]+ logins a minute$/),
    ]);
    const backends = await tableUnder(page, 'Backends');
    expect(backends).toContainEqual([`127.0.0.1:${well.port}`, 'up', '2', '2', '0', '']);
    expect(backends).toContainEqual([`127.0.0.1:${gone}`, 'down', '0', '0', '2', 'Connection refused']);
    expect(await tableUnder(page, 'Protocols')).toEqual([['imap', '2', '6', '5', '1', '0']]);
    expect(problems).toEqual([]);
  });

  test('shows what users call themselves as text', async () => {
    await open();
    const users = (await tableUnder(page, 'Sessions')).map(([user]) => user);
    expect(users).toEqual(['<b>jane</b>', 'joe']);
    expect(await page.locator('b').count()).toBe(0);
  });

  test('shows what an administrator does, and loads itself again', async () => {
    await open();
    await runDvproxy(['backend', 'drain', `127.0.0.1:${well.port}`, '--admin', admin]);
    await page.waitForSelector('td.bad:text-is("draining")', { timeout: 30_000 });
    const drained = (await tableUnder(page, 'Backends')).find(([name]) => name === `127.0.0.1:${well.port}`);
    expect(drained?.slice(1, 3)).toEqual(['draining', '2']);
  });

  test('fits a narrow window', async () => {
    await page.setViewportSize({ width: 380, height: 800 });
    await open();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(380);
    const screenshot = process.env['DVPROXY_SCREENSHOTS'];
    if (screenshot !== undefined) {
      await page.screenshot({ path: join(screenshot, 'status-narrow.png'), fullPage: true });
      await page.setViewportSize({ width: 1100, height: 900 });
      await page.screenshot({ path: join(screenshot, 'status.png'), fullPage: true });
    }
  });
});
