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
  let table = settingsTable().root;
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

const plain = settingLine(settingsTable().root);
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
