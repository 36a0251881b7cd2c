import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';

const FOLDER = '../shared/seeds';
const GUIDE = `${FOLDER}/proxy-2.3-to-2.4-guide.md`;
const WIKI = `${FOLDER}/proxying-wiki-2017.txt`;
const MAP = '--map /etc/dovecot=. --map /usr/local/etc/dovecot=.';

if (!existsSync(GUIDE)) console.log(`skipped: the originals of the fixtures are not in ${FOLDER}`);

/** Findings as `FILE:LINE CODE`, in order. */
async function findingsOf(files: Record<string, string>, main = 'dovecot.conf'): Promise<string[]> {
  const { text } = await inFolder(new Map(Object.entries(files)), (folder) =>
    runIn(folder, `dvproxy check ${MAP} --format compact ${main}`),
  );
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(?:\.\/)?([^:]+):(\d+):\d+: \w+: .* \[(\w+)\]$/, '$1:$2 $3'));
}

/** The code blocks of the guide with the last line of text above each. */
function guideBlocks(): { above: string; text: string }[] {
  const page = readFileSync(GUIDE, 'utf8');
  return [...page.matchAll(/([^\n]*)\n\n? *```\w*\n([\s\S]*?)\n *```/g)].map(([, above = '', text = '']) => ({
    above: above.trim(),
    text: `${text}\n`,
  }));
}

function guideBlock(above: RegExp, text = /^/): string {
  const block = guideBlocks().find((one) => above.test(one.above) && text.test(one.text));
  if (block === undefined) throw new Error(`the guide has no such block: ${above}`);
  return block.text;
}

describe.runIf(existsSync(GUIDE))('the code blocks of the guide as they stand', () => {
  test('the proxy with its database files', async () => {
    const findings = await findingsOf({
      'dovecot.conf': guideBlock(/on the proxy server:$/),
      'dovecot-proxy.conf.ext': guideBlock(/dovecot-proxy\.conf\.ext/),
      'dovecot-local.conf.ext': guideBlock(/dovecot-local\.conf\.ext/),
    });
    expect(findings).toEqual([
      'dovecot.conf:2 DV421',
      'dovecot.conf:15 DV320',
      'dovecot.conf:31 DV605',
      'dovecot.conf:31 DV610',
      'dovecot.conf:45 DV605',
      'dovecot.conf:45 DV610',
      'dovecot.conf:69 DV301',
      'dovecot-local.conf.ext:9 DV817',
      'dovecot-proxy.conf.ext:10 DV414',
      'dovecot-proxy.conf.ext:12 DV507',
      'dovecot-proxy.conf.ext:13 DV404',
      'dovecot-proxy.conf.ext:14 DV401',
      'dovecot-proxy.conf.ext:15 DV404',
      'dovecot-proxy.conf.ext:16 DV401',
      'dovecot-proxy.conf.ext:16 DV818',
    ]);
  });

  test('the master users of the proxy', async () => {
    const findings = await findingsOf({
      'dovecot.conf': guideBlock(/Add to proxy server's/, /master = yes/),
      'dovecot-sql-master.conf.ext': guideBlock(/dovecot-sql-master\.conf\.ext/),
    });
    expect(findings).toEqual([
      'dovecot.conf:4 DV309',
      'dovecot-sql-master.conf.ext:5 DV826',
      'dovecot-sql-master.conf.ext:7 DV704',
      'dovecot-sql-master.conf.ext:8 DV704',
    ]);
  });

  test('the backend', async () => {
    const findings = await findingsOf({ 'dovecot.conf': guideBlock(/on the backend server:$/) });
    expect(findings).toEqual(['dovecot.conf:18 DV701', 'dovecot.conf:50 DV701', 'dovecot.conf:56 DV701']);
  });

  test('TLS of the backend', async () => {
    const version = 'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n';
    const findings = await findingsOf({
      'dovecot.conf': version + guideBlock(/Add to backend/, /ssl_server_cert_file/),
    });
    expect(findings).toEqual([
      'dovecot.conf:4 DV501',
      'dovecot.conf:5 DV501',
      'dovecot.conf:6 DV501',
      'dovecot.conf:7 DV501',
    ]);
  });

  test('the values recommended for small, medium and large deployments', async () => {
    const small = await findingsOf({ 'dovecot.conf': guideBlock(/Small deployments/) });
    expect(small).toEqual(['dovecot.conf:2 DV203', 'dovecot.conf:3 DV203', 'dovecot.conf:4 DV207']);
    const large = await findingsOf({ 'dovecot.conf': guideBlock(/Large deployments/) });
    expect(large).toEqual(['dovecot.conf:2 DV203', 'dovecot.conf:3 DV203', 'dovecot.conf:4 DV207']);
  });

  test('the trusted networks', async () => {
    const findings = await findingsOf({ 'dovecot.conf': guideBlock(/CRITICAL.*login_trusted_networks/) });
    expect(findings).toEqual([
      'dovecot.conf:5 DV220',
      'dovecot.conf:5 DV601',
      'dovecot.conf:5 DV601',
      'dovecot.conf:5 DV601',
    ]);
  });

  test('the advice for TLS trouble', async () => {
    const lines = guideBlock(/SSL\/TLS handshake failures/).split('\n');
    const findings = await findingsOf({ 'dovecot.conf': `${lines.at(-2)?.trim()}\n` });
    expect(findings).toEqual(['dovecot.conf:1 DV205']);
  });
});

describe.runIf(existsSync(WIKI))('the code blocks of the wiki page as they stand', () => {
  const blocks = () =>
    [...readFileSync(WIKI, 'utf8').matchAll(/---%<-+\n([\s\S]*?)\n---%<-+/g)].map(
      ([, text = '']) => `${text}\n`,
    );
  const find = (pattern: RegExp) => blocks().filter((text) => pattern.test(text));

  test('password forwarding: a wrapped comment, a tiny cache and a query broken in two', async () => {
    const findings = await findingsOf({
      'dovecot.conf': find(/auth_cache_size/)[0] ?? '',
      'dovecot-sql.conf.ext': find(/'Y' as nopassword/)[0] ?? '',
    });
    expect(findings).toEqual([
      'dovecot.conf:2 DV101',
      'dovecot.conf:12 DV320',
      'dovecot-sql.conf.ext:4 DV802',
    ]);
  });

  test('proxy_maybe: no connect, a query broken in two, no address of its own', async () => {
    const findings = await findingsOf({
      'dovecot.conf': find(/mail_uid/)[0] ?? '',
      'dovecot-sql.conf.ext': find(/'Y' AS proxy_maybe/)[0] ?? '',
    });
    expect(findings).toEqual([
      'dovecot-sql.conf.ext:1 DV805',
      'dovecot-sql.conf.ext:4 DV412',
      'dovecot-sql.conf.ext:4 DV609',
      'dovecot-sql.conf.ext:5 DV802',
    ]);
  });
});
