import { afterAll, describe, expect, test } from 'vitest';
import { changeOf } from '../../src/knowledge/changes.js';
import { PLUGIN_SETTINGS_2_3 } from '../../src/knowledge/external-settings-2.3.js';
import { SETTINGS_2_3 } from '../../src/knowledge/generated/settings-2.3.19.1.js';
import { settingRows } from '../../src/knowledge/generated/settings-2.4.1.js';
import { InstalledDoveconf } from '../conformance/doveconf.js';
import { migratedFixture, migrationFixtures } from '../migrate/fixtures.js';
import { load23, migrateFiles } from '../migrate/migrated.js';

const missing = InstalledDoveconf.missing('2.4.1');
if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);
if (missing !== null) console.warn(`migrated settings at doveconf 2.4.1 skipped: ${missing}`);

/** Settings in one file. */
const CHUNK = 12;

const MAIN = '/etc/dovecot/dovecot.conf';

/** Values that a setting's own reader wants. */
const VALUES: Readonly<Record<string, string>> = {
  mail_server_admin: 'mailto:admin@example.org',
  protocols: 'imap',
  mail_attribute_dict: 'file:%h/attributes',
  default_internal_user: 'dovecot',
  default_login_user: 'dovenull',
  postmaster_address: 'postmaster@example.org',
  'plugin/mail_log_events': 'delete',
  'plugin/mail_log_fields': 'uid',
  'plugin/sieve_notify_mailto_envelope_from': 'sender',
  'plugin/imapsieve_url': 'sieve://example.org',
  'plugin/sieve_user_email': 'a@example.org',
  'plugin/sieve_plugins': 'sieve_extprograms',
  'plugin/sieve_redirect_envelope_from': 'sender',
  'plugin/sieve_trace_level': 'matching',
  'plugin/sieve_spamtest_status_type': 'strlen',
  'plugin/sieve_virustest_status_type': 'text',
  'plugin/sieve_vacation_max_period': '30d',
  'plugin/acl_shared_dict': 'file:/var/lib/dovecot/shared',
  'plugin/last_login_dict': 'proxy::last',
  'plugin/last_login_precision': 'ms',
  'plugin/notify_status_dict': 'redis:host=127.0.0.1',
  'plugin/quota_clone_dict': 'proxy::clone',
  'plugin/sieve_vacation_min_period': '1d',
  'plugin/sieve_vacation_default_period': '7d',
  'plugin/sieve_variables_max_scope_size': '300',
  'plugin/quota_rule': '*:storage=1G',
  'plugin/quota_warning': 'storage=95%% quota-warning 95',
  'plugin/quota': 'count:User quota',
  'plugin/charset_aliases': 'shift_jis=sjis',
  'plugin/quota_max_mail_size': '10M',
};

/** Of no use alone: the other settings of their group belong to it (tested by the fixtures). */
const OF_A_GROUP = /^plugin\/sieve_(?:spam|virus)test_/;

const TYPES = new Map(settingRows.map(([name, type]) => [name, type]));

function sampleOf(path: string, type: string | null | undefined, allowed: string | null | undefined): string {
  const given = VALUES[path];
  if (given !== undefined) return given;
  if (/(?:^|_)(?:alt_)?(?:cert|key|ca|dh)$/.test(path) && path.startsWith('ssl_')) return '</etc/x.pem';
  switch (type) {
    case 'bool':
      return 'yes';
    case 'uint':
      return '5';
    case 'uint_oct':
      return '0640';
    case 'time':
    case 'time_msecs':
      return '30 secs';
    case 'size':
      return '10 M';
    case 'in_port':
      return '1143';
    case 'enum':
      return allowed?.split(':').at(-1) ?? 'no';
    default:
      return 'x';
  }
}

const SECTIONS: Readonly<Record<string, readonly [open: string, close: string]>> = {
  '': ['', ''],
  plugin: ['plugin {\n', '}\n'],
  namespace: ['namespace x {\n', '}\n'],
  'namespace/mailbox': ['namespace x {\nmailbox m {\n', '}\n}\n'],
  service: ['service imap {\n', '}\n'],
  'service/inet_listener': ['service imap-login {\ninet_listener imap {\n', '}\n}\n'],
  'service/unix_listener': ['service auth {\nunix_listener u {\n', '}\n}\n'],
  'service/fifo_listener': ['service auth {\nfifo_listener f {\n', '}\n}\n'],
  metric: ['event_exporter x {\n}\nmetric m {\nfilter = event=x\n', '}\n'],
  event_exporter: ['event_exporter e {\n', '}\n'],
};

/** A configuration for each setting of 2.3 outside of passdbs and userdbs. */
function oneOfEach(): { path: string; text: string }[] {
  const plugin = PLUGIN_SETTINGS_2_3.split(' ')
    .filter((name) => !/[<X]/.test(name))
    .map((name) => {
      const target = changeOf(`plugin/${name}`)?.names[0] ?? name;
      return [`plugin/${name}`, TYPES.get(target)] as const;
    });
  const own = SETTINGS_2_3.flatMap(([path, type, , , , allowed]) =>
    typeof path === 'string' && !['strlist', 'deflist', 'deflist_unique', 'alias'].includes(type ?? '')
      ? [[path, type, allowed] as const]
      : [],
  );
  return [...own, ...plugin].flatMap(([path, type, allowed]) => {
    const slash = path.lastIndexOf('/');
    const around = SECTIONS[path.slice(0, Math.max(slash, 0))];
    if (around === undefined || OF_A_GROUP.test(path)) return [];
    const key = path.slice(slash + 1);
    return [{ path, text: `${around[0]}${key} = ${sampleOf(path, type, allowed)}\n${around[1]}` }];
  });
}

describe.skipIf(missing !== null)('doveconf 2.4.1', () => {
  const doveconf = new InstalledDoveconf('2.4.1');
  afterAll(() => doveconf.close());

  function refusals(texts: readonly { path: string; text: string }[]): string[] {
    const answers = doveconf.ask(
      texts.map(({ text }) => text),
      ['-n'],
    );
    return answers.flatMap(({ exit, stderr }, at) =>
      exit === 0 ? [] : [`${texts[at]?.path}: ${stderr.trim().split('\n').at(-1)}\n${texts[at]?.text}`],
    );
  }

  test('accepts what becomes of each setting of 2.3', () => {
    const settings = oneOfEach().filter(({ text }) => load23({ [MAIN]: text }).refusal === null);
    expect(settings.length).toBeGreaterThan(450);
    const migrated = (list: readonly { path: string; text: string }[]) =>
      list.map(({ path, text }) => ({
        path,
        text: migrateFiles({ [MAIN]: text }).files[0]?.text ?? '',
      }));
    // Many in one file; where that is refused each is asked alone, as some do not go together.
    const chunks = Array.from({ length: Math.ceil(settings.length / CHUNK) }, (_, at) =>
      settings.slice(at * CHUNK, (at + 1) * CHUNK),
    );
    const alone = chunks.filter((list) => {
      const together = { path: 'together', text: list.map(({ text }) => text).join('') };
      return load23({ [MAIN]: together.text }).refusal !== null || refusals(migrated([together])).length > 0;
    });
    expect(refusals(migrated(alone.flat()))).toEqual([]);
  }, 60_000);

  test('accepts what becomes of the fixtures', () => {
    const migrated = migrationFixtures().map((fixture) => ({
      path: fixture.name,
      text: migratedFixture(fixture),
    }));
    expect(refusals(migrated)).toEqual([]);
  });
});
