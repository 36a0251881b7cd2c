import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rulesFor } from '../../src/check/registry.js';
import type { Finding } from '../../src/check/rule.js';
import { rulesOfLookups } from '../../src/check/rules-of-lookups.js';
import { loadConfig } from '../../src/config/load.js';
import { seriesOf } from '../../src/knowledge/versions.js';

const yesNo = fc.constantFrom('yes', 'no');
const result = fc.constantFrom(
  'return-ok',
  'return',
  'return-fail',
  'continue',
  'continue-ok',
  'continue-fail',
);
const steering = fc.record(
  {
    master: yesNo,
    deny: yesNo,
    skip: fc.constantFrom('never', 'authenticated', 'unauthenticated'),
    result_success: result,
    result_failure: result,
    result_internalfail: result,
  },
  { requiredKeys: [] },
);
const passdbs = fc.array(fc.record({ driver: fc.constantFrom('pam', 'passwd', 'shadow'), steering }), {
  maxLength: 4,
});
const globals = fc.record(
  {
    auth_mechanisms: fc.constantFrom('plain', 'plain login', 'plain cram-md5', 'gssapi'),
    auth_master_user_separator: fc.constant('*'),
    auth_cache_size: fc.constantFrom('0', '10M'),
    ssl: fc.constantFrom('no', 'yes', 'required'),
    lmtp_proxy: yesNo,
    login_trusted_networks: fc.constant('192.0.2.0/24'),
    ssl_client_ca_dir: fc.constant('/etc/ssl/certs'),
    mail_max_userip_connections: fc.constant('5'),
    auth_proxy_self: fc.constant('192.0.2.1'),
  },
  { requiredKeys: [] },
);

function lines(settings: Readonly<Record<string, string | undefined>>, indent = ''): string {
  return Object.entries(settings)
    .map(([name, value]) => `${indent}${name} = ${value}\n`)
    .join('');
}

function load(text: string) {
  return loadConfig({
    path: '/etc/dovecot/dovecot.conf',
    host: {
      readFile: () => Buffer.from(text, 'latin1'),
      glob: () => [],
      isDirectory: () => false,
      environment: {},
    },
  });
}

describe('rulesFor', () => {
  it('leaves out only rules that find nothing where the system alone is asked', () => {
    fc.assert(
      fc.property(fc.boolean(), globals, passdbs, (isNew, settings, blocks) => {
        const head = isNew ? 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n' : '';
        const text = blocks.map(({ driver, steering: own }, index) =>
          isNew
            ? `passdb p${index} {\n  driver = ${driver}\n${lines(own, '  ')}}\n`
            : `passdb {\n  driver = ${driver}\n${lines(own, '  ')}}\n`,
        );
        const config = load(`${head}${lines(settings)}${text.join('')}`);
        const series = seriesOf(config.version);
        const found: Finding[] = [];
        const rules = rulesOfLookups();
        for (const rule of rules)
          if (rule.versions.includes(series))
            rule.check?.({
              config,
              version: config.version,
              series,
              files: null,
              now: null,
              databases: [],
              report: (finding) => found.push(finding),
            });
        expect(found).toEqual([]);
        expect(rulesFor(config).filter((rule) => rules.includes(rule))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes them where a passdb has a field', () => {
    const config = load('passdb {\n  driver = pam\n  override_fields = proxy=y\n}\n');
    expect(rulesFor(config).map(({ name }) => name)).toContain('proxy-without-host');
  });
});
