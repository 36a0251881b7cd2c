import fc from 'fast-check';
import {
  type SectionTable,
  settingsTable,
  type ValueSetting,
} from '../../../src/config/dovecot-2.3/settings-table.js';

/** Settings whose meaning depends on the machine (users, directories, other programs). */
const MACHINE =
  /^(?:default_internal_user|default_login_user|mail_plugin_dir|auth_proxy_self|managesieve_.*)$/;

const word = fc.constantFrom(
  'a',
  'imap',
  'x y',
  '%u',
  '/var/mail',
  'yes',
  'no',
  '0',
  '10',
  '',
  'ä',
  'a=b',
  '$x',
);

function rightValue(setting: ValueSetting): fc.Arbitrary<string> {
  switch (setting.type) {
    case 'bool':
      return fc.constantFrom('yes', 'no', 'YES', 'y', '1');
    case 'uint':
      return fc.oneof(fc.nat(5000).map(String), fc.constantFrom('0', '007', '4294967295'));
    case 'uint_oct':
      return fc.constantFrom('0600', '0', '0666', '600', '00');
    case 'time':
    case 'time_msecs':
      return fc
        .tuple(
          fc.nat(5000),
          fc.constantFrom('s', ' secs', 'm', ' mins', 'h', ' days', 'w', ' SECONDS', '000 ms'),
        )
        .map(([number, unit]) => number + unit);
    case 'size':
      return fc
        .tuple(fc.nat(4096), fc.constantFrom('', 'k', ' M', 'B', 'MiB', ' G', 'kb'))
        .map(([number, unit]) => number + unit);
    case 'in_port':
      return fc.nat(65535).map(String);
    case 'enum':
      return fc.constantFrom(...setting.allowed);
    case 'str':
    case 'str_vars':
      return fc.oneof(
        {
          weight: 3,
          arbitrary: fc.constantFrom('a b', '/path/x', 'name', '%Lu', 'imap pop3', setting.default ?? ''),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom('"a # b"', "it's", '"  pad "', '<file', '$mail_location x', '', '""'),
        },
        { weight: 1, arbitrary: fc.constant(`$${setting.name} more`) },
      );
  }
}

const wrongValue = fc.oneof(
  word,
  fc.constantFrom(
    '-1',
    '0680',
    '10 ms',
    '10',
    '1.5',
    '99999999999999999999',
    '5 x',
    'true',
    'maybe',
    '65536',
    '4294967296',
  ),
);

function settingLine(table: SectionTable): fc.Arbitrary<string> {
  const values = [...table.settings.values()].filter(
    (one): one is ValueSetting => one.kind === 'value' && !MACHINE.test(one.name),
  );
  const line = fc
    .constantFrom(...values)
    .chain((setting) =>
      fc
        .oneof({ weight: 30, arbitrary: rightValue(setting) }, { weight: 1, arbitrary: wrongValue })
        .map((value) => `${setting.name} = ${value}`),
    );
  return fc.oneof(
    { weight: 60, arbitrary: line },
    { weight: 2, arbitrary: fc.constantFrom('# comment', '', '  # x', '\t') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('foo = bar', 'ssl=no#x', 'mail_location = a \\\n  b', 'k', 'x {', '}'),
    },
  );
}

function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

function section(path: readonly string[]): SectionTable {
  let table = settingsTable('2.3.19.1');
  for (const name of path) {
    const definition = table.settings.get(name);
    if (definition?.kind === 'list') table = definition.section;
  }
  return table;
}

function sectionOf(path: readonly string[], names: readonly string[], inner: fc.Arbitrary<string>[] = []) {
  const keyword = path.at(-1) ?? '';
  const body = fc.array(fc.oneof(settingLine(section(path)), ...inner), { maxLength: 4 });
  return fc
    .tuple(fc.constantFrom(...names), body)
    .map(([name, lines]) => block(name === '' ? keyword : `${keyword} ${name}`, lines));
}

const LISTENER_NAMES = ['a', 'imap', 'imaps', 'login/x', '"a b"', 'auth-userdb', ''];
const service = sectionOf(
  ['service'],
  ['imap-login', 'auth', 'lmtp', 'pop3', 'foo', 'anvil', 'managesieve-login', 'IMAP-login'],
  ['inet_listener', 'unix_listener', 'fifo_listener'].map((kind) =>
    sectionOf(['service', kind], LISTENER_NAMES),
  ),
);
const database = fc
  .constantFrom('passdb', 'userdb')
  .chain((kind) =>
    fc
      .tuple(fc.constantFrom('', '', 'x', 'y'), fc.array(settingLine(section([kind])), { maxLength: 4 }))
      .map(([name, lines]) =>
        block(`${kind}${name === '' ? '' : ` ${name}`}`, ['driver = static', ...lines]),
      ),
  );
const namespace = sectionOf(
  ['namespace'],
  ['inbox', '', 'b'],
  [sectionOf(['namespace', 'mailbox'], ['Sent', '"Sent Items"', 'Trash', ''])],
);
const strings = fc
  .tuple(
    fc.constantFrom('plugin', 'plugin', 'dict'),
    fc.array(
      fc.constantFrom(
        'sieve = ~/.sieve',
        'quota = maildir:User quota',
        'a = "b # c"',
        'secret_key = x',
        'z =',
      ),
      { maxLength: 4 },
    ),
  )
  .map(([keyword, lines]) => block(keyword, lines));
const metric = sectionOf(['metric'], ['m1', 'm2']).map((text) => text.replace('{', '{\n  filter = event=x'));

/** Names of older versions, path keys, lists as plain settings, continuation, quotes. */
const oddLine = fc.constantFrom(
  ...['protocols = imap imaps', 'protocols = pop3s managesieve', 'ssl_cert_file = /a', 'ssl_disable = yes'],
  ...['ssl_protocols = !SSLv3 !TLSv1', 'ssl_protocols = TLSv1.2', 'sieve = ~/.s', 'sieve_storage = x'],
  ...['fsync_disable = no', 'dbox_rotate_size = 1 M', 'mail_cache_compress_min_size = 1 k', 'login_dir = x'],
  ...['imap_client_workarounds = outlook-idle delay-newmail', 'login_user = x', 'login_process_size = 64'],
  ...['listen = *:143', 'listen = 10.0.0.1, [::1]:144', 'ssl_listen = *:993', 'max_mail_processes = 10'],
  ...['auth_executable = x', 'auth_cache_size = 10', 'auth_count = 1', 'auth_user = y', 'login_chroot = no'],
  ...['service/auth/chroot = x', 'service/imap-login/inet_listener/imap/port = 1143', 'plugin/a = b'],
  ...['service/auth/unix_listener/x/mode = 0600', 'plugin/a/b = c', 'service/none/chroot = x', 'dict/a = b'],
  ...['service = foo, bar', 'passdb = p1', 'plugin = x', 'namespace/inbox/prefix = y', 'mail = maildir:x'],
  ...[
    'mail_home = a \\\n  b \\\n  c',
    'mail_home = a \\\n\nmail_uid = x',
    'mail_home = a \\\n# x\nmail_uid = x',
  ],
  ...[
    "mail_home = 'a # b'",
    'mail_home = "a\\"b"',
    'mail_home = x"a # b"y',
    'mail_home=a#b',
    'mail_home = "',
  ],
  ...[
    'auth default {\n  mechanisms = plain\n  passdb pam {\n    args = x\n  }\n}',
    'service dns_client {\n}',
  ],
  ...['protocol managesieve {\n  mail_max_userip_connections = 3\n}', 'protocol "" {\n  ssl = no\n}'],
  ...['plugin {\n  imap_zlib_compress_level = 3\n}', 'service "a/b=c, d" {\n  user = x\n}', 'passdb {\n}'],
  ...[
    'service x {\n  protocol imap {\n    mail_home = q\n  }\n}',
    'log_debug = event=x and (y=z',
    'mail\t=\tx',
  ],
);

const plain = fc.oneof(
  { weight: 12, arbitrary: settingLine(settingsTable('2.3.19.1')) },
  { weight: 1, arbitrary: oddLine },
);
const anySection = fc.oneof(service, database, namespace, strings, metric);

function filterBlock(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const head = fc.constantFrom(
    ...[
      'protocol imap',
      'protocol !lmtp',
      'protocol lmtp',
      'local 10.0.0.1',
      'local 10.0.0.0/8',
      'local ::1',
    ],
    ...[
      'remote 192.168.0.0/16',
      'remote 192.168.1.2',
      'local_name a.example',
      'local_name "*.b.example c.d"',
    ],
  );
  return fc.tuple(head, fc.array(inner, { maxLength: 3 })).map(([text, lines]) => block(text, lines));
}

const nestedFilters = filterBlock(fc.oneof(plain, plain, service, filterBlock(plain)));

/** Texts of whole configurations: mostly right ones, with a wrong statement now and then. */
export const randomConfig23: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: plain },
      { weight: 3, arbitrary: anySection },
      { weight: 2, arbitrary: nestedFilters },
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((parts) => Buffer.from(`${parts.join('\n')}\n`, 'utf8').toString('latin1'));
