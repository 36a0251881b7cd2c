import { type SettingDefinition, settingsTable } from '../../../src/config/dovecot-2.4/settings-table.js';

/** Random numbers from a seed, so that a configuration can be made again. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(part: number): boolean {
    return this.next() < part;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }
}

// Settings whose effect goes beyond the text: users of the system, directories, names that abort the program.
const AVOIDED =
  /^(base_dir|default_(login_user|internal_user|internal_group)|doveadm_proxy_port|mail_plugin_dir|metric_group_by_method.*|auth_proxy_self|dovecot_storage_version|sieve_plugin_dir)$/;

const TABLE = settingsTable('2.4.1');

const usable = TABLE.settings.filter(({ name }) => !AVOIDED.test(name));
const plain = usable.filter(({ type }) => !['filter', 'list_filter', 'alias'].includes(type));
const filters = usable.filter(({ type }) => type === 'filter');
const listFilters = usable.filter(({ type }) => type === 'list_filter');

const VALUES: Readonly<Record<string, { right: readonly string[]; wrong: readonly string[] }>> = {
  bool: { right: ['yes', 'no', 'YES', 'y', '1', 'No'], wrong: ['maybe', '', 'true', '0', 'n'] },
  uint: {
    right: ['0', '5', '007', '4294967295', 'unlimited', 'infinite'],
    wrong: ['-1', '4294967296', 'x', '', '1 2', '+1'],
  },
  uintmax: { right: ['0', '18446744073709551615'], wrong: ['unlimited', '-5', '99999999999999999999'] },
  uint_oct: { right: ['0600', '600', '0', 'unlimited'], wrong: ['0680', '08', 'rw', '-1'] },
  time: {
    right: ['0', '5s', '5 secs', '1 hours', '2d', '3 WEEKS', '1000 ms', 'infinite', '60m', '4294967295 s'],
    wrong: ['5', '5 x', '', '1500ms', '99999999999 weeks', '5\tsecs', '-1s', '1.5h'],
  },
  time_msecs: {
    right: ['0', '5s', '1500ms', '10 mse', 'unlimited', '1m'],
    wrong: ['5', 'soon', '4294968s', '5 foo'],
  },
  size: {
    right: ['0', '5', '10k', '10 KiB', '3M', '1 g', '2TB', 'unlimited', '7B', '1kb'],
    wrong: ['x', '', '10 kk', '99999999999999T', '-1', '5 iB', '1.5M'],
  },
  in_port: { right: ['0', '143', '65535', '00025'], wrong: ['65536', 'imap', '-1', ''] },
  str: {
    right: [
      'x',
      'some text',
      '"quoted # text"',
      "'single'",
      '',
      '%{user | lower}',
      "it's # here",
      '"trail "',
      'a=b',
      'pass=1 key=2;x',
      'nopassword=y',
      'http://u:p@h/x',
      'mysecret=1',
      '\\Seen',
      '"a\\"b"',
      '$ENV:DVPROXY_NOT_SET x',
      '$SET:hostname',
      '</etc/nothing',
      '< rel/file',
      '<<x',
      '{',
      '= y',
      'key = v',
      'a  b',
      '"#"',
    ],
    wrong: [],
  },
  boollist: {
    right: ['a', 'a b', 'a, b', '"c d" e', '', 'a a', 'a=b', 'x\\y', '"q\\"r"', 'a,,b'],
    wrong: ['a"b"', '"a"b', '"a', '"a\\'],
  },
};

function valuesOf(type: string): { right: readonly string[]; wrong: readonly string[] } {
  return VALUES[type] ?? VALUES['str'] ?? { right: ['x'], wrong: [] };
}

const NAMES = [
  'a',
  'b',
  'sql',
  'ldap',
  'static',
  'imap',
  'auth',
  'x/y',
  '"with space"',
  '"q\\"x"',
  'a=b',
  '1',
  'imap-login',
  '""',
  "it's",
];

/** Writes one random configuration. */
export class ConfigWriter {
  readonly #dice: Dice;
  readonly #dirty: boolean;
  #lines: string[] = [];
  #indent = 0;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    this.#dirty = this.#dice.chance(0.4);
  }

  write(): string {
    const dice = this.#dice;
    const version = dice.chance(0.1) ? '2.4.0' : '2.4.1';
    if (!this.#dirty || dice.chance(0.97)) this.#line(`dovecot_config_version = ${version}`);
    if (!this.#dirty || dice.chance(0.97)) this.#line('dovecot_storage_version = 2.4.1');
    const count = 1 + dice.below(8);
    for (let i = 0; i < count; i++) this.#statement(0, null);
    if (this.#dirty && dice.chance(0.1)) this.#line('}');
    if (this.#dirty && dice.chance(0.1)) this.#line('passdb open {');
    return `${this.#lines.join('\n')}${dice.chance(0.9) ? '\n' : ''}`;
  }

  #line(text: string): void {
    this.#lines.push(`${'  '.repeat(this.#indent)}${text}`);
  }

  #wrong(): boolean {
    return this.#dirty && this.#dice.chance(0.08);
  }

  #statement(depth: number, around: string | null): void {
    const dice = this.#dice;
    const kind = dice.below(depth === 0 ? 15 : 13);
    if (kind <= 4) this.#setting(around);
    else if (kind === 5) this.#list(around);
    else if (kind === 6) this.#filterSection(depth, around);
    else if (kind <= 8) this.#listSection(depth, around);
    else if (kind === 9) this.#connection(depth);
    else if (kind === 10) this.#pathKey();
    else if (kind === 11) this.#oddity();
    else if (kind === 12)
      this.#line(`@${dice.pick(['g', 'mailbox_defaults'])} = ${dice.pick(['one', 'english'])}`);
    else if (kind === 13) this.#group();
    else this.#common();
  }

  /** The key as it could be written inside a section. */
  #key(definition: SettingDefinition, around: string | null): string {
    if (this.#wrong())
      return this.#dice.pick(['unknown_thing', 'password', 'args', 'Mail_Path', 'query', 'path', 'driver']);
    if (around !== null && definition.name.startsWith(`${around}_`) && this.#dice.chance(0.8))
      return definition.name.slice(around.length + 1);
    return definition.name;
  }

  #near(list: readonly SettingDefinition[], around: string | null): SettingDefinition {
    if (around !== null && this.#dice.chance(0.75)) {
      const inside = list.filter(({ name }) => name.startsWith(`${around}_`));
      if (inside.length > 0) return this.#dice.pick(inside);
    }
    return this.#dice.pick(list);
  }

  #setting(around: string | null): void {
    const dice = this.#dice;
    const definition = this.#near(plain, around);
    const key = this.#key(definition, around);
    if (definition.type === 'strlist') {
      this.#line(this.#wrong() ? `${key} = x` : `${key} =`);
      return;
    }
    this.#line(
      `${key}${dice.pick([' = ', '=', ' =', '  =   '])}${this.#value(definition)}${dice.chance(0.1) ? ' # note' : ''}`,
    );
  }

  #value(definition: SettingDefinition): string {
    const dice = this.#dice;
    if (definition.type === 'enum') return this.#wrong() ? 'nonsense' : dice.pick(definition.values);
    const { right, wrong } = valuesOf(definition.type);
    if (wrong.length > 0 && this.#wrong()) return dice.pick(wrong);
    if (dice.chance(0.25) && definition.text !== '' && !definition.text.includes('%')) return definition.text;
    if (dice.chance(0.03)) return '%{user}';
    const self = `$SET:${definition.name} more`;
    if (definition.type === 'str' && dice.chance(0.05)) return self;
    return dice.pick(right);
  }

  #list(around: string | null): void {
    const dice = this.#dice;
    const lists = plain.filter(({ type }) => type === 'boollist' || type === 'strlist');
    const definition = this.#near(lists, around);
    this.#line(`${this.#key(definition, around)} {`);
    this.#indent++;
    const count = dice.below(4);
    for (let i = 0; i < count; i++) {
      const key = dice.pick(['a', 'plain', 'login', '"b c"', 'host', 'x_key', 'IDLE', '*', 'z=']);
      if (key === 'z=') continue;
      if (definition.type === 'boollist')
        this.#line(`${key} = ${this.#wrong() ? 'maybe' : dice.pick(['yes', 'no', 'YES'])}`);
      else this.#line(`${key} = ${dice.pick(valuesOf('str').right)}`);
    }
    this.#indent--;
    this.#line('}');
  }

  #body(depth: number, around: string | null): void {
    this.#indent++;
    const count = this.#dice.below(depth > 2 ? 2 : 4);
    for (let i = 0; i < count; i++) this.#statement(depth + 1, around);
    this.#indent--;
    this.#line('}');
  }

  #filterSection(depth: number, around: string | null): void {
    const definition = this.#near(filters, around);
    const key = this.#key(definition, around);
    this.#line(this.#wrong() ? `${key} name {` : `${key} {`);
    this.#body(depth, definition.name);
  }

  #listSection(depth: number, around: string | null): void {
    const dice = this.#dice;
    const common = [
      'passdb',
      'userdb',
      'service',
      'namespace',
      'mailbox',
      'inet_listener',
      'unix_listener',
      'mysql',
      'metric',
    ];
    const chosen = dice.chance(0.6) ? TABLE.findSetting(dice.pick(common)) : undefined;
    const definition = chosen ?? this.#near(listFilters, around);
    const key = this.#key(definition, around);
    this.#line(this.#wrong() ? `${key} {` : `${key} ${dice.pick(NAMES)} {`);
    if (definition.name === 'metric') {
      this.#indent++;
      this.#line('filter = event=x');
      this.#indent--;
    }
    this.#body(depth, definition.name);
  }

  #connection(depth: number): void {
    const dice = this.#dice;
    const head = dice.pick([
      'protocol imap',
      'protocol !lmtp',
      'protocol "a b"',
      'local 10.0.0.1',
      'local 10.0.0.0/8',
      'local 1.2.3.4/8',
      'remote [2001:db8::1]/64',
      'remote ::1',
      'local_name mail.Example.org',
      'local_name *.example.org',
      'remote 192.168.0.0/16',
    ]);
    this.#line(
      this.#wrong() ? dice.pick(['local 1.2.3.4/33 {', 'local_name "a b" {', 'protocol {']) : `${head} {`,
    );
    this.#body(depth, null);
  }

  #group(): void {
    this.#line(`group @g ${this.#dice.pick(['one', 'two'])} {`);
    this.#body(0, null);
  }

  #pathKey(): void {
    this.#line(
      this.#dice.pick([
        'service/imap-login/process_limit = 5',
        'service/auth/unix_listener/x/mode = 0600',
        'mail_plugins/foo = yes',
        'passdb_fields/foo = x',
        'ssl_server/cert_file = /x',
        'passdb/sql/query = SELECT 1',
        'service/new/inet_listener/one/port = 99',
        'passdb_ldap/filter = (x=y)',
        'auth_policy/server_api_header = x',
        'imap_id_send/a = b',
      ]),
    );
  }

  /** Settings that people write. */
  #common(): void {
    this.#line(
      this.#dice.pick([
        'protocols = imap pop3',
        'protocols { lmtp = yes }',
        'listen = 127.0.0.1, ::1',
        'ssl = required',
        'ssl = no',
        'mail_driver = maildir',
        'mail_path = ~/Maildir',
        'ssl_server_cert_file = /etc/x.pem',
        'ssl_server_dh_file = inline:text',
        'auth_mechanisms = plain login',
        'mail_plugins = $SET:mail_plugins x',
        'mail_home = /srv/$ENV:NOBODY_SETS_THIS x',
        'auth_cache_size = 10',
        'imap_client_workarounds = delay-newmail nonsense',
        'default_process_limit = 7',
      ]),
    );
  }

  /** Corners of the file language. */
  #oddity(): void {
    const oddities = [
      ['# comment'],
      [''],
      ['   '],
      ['mail_home = /a \\', '  b'],
      ['mail_home = lost \\', '# comment'],
      ['hostname = a#b'],
      ['"hostname" = quoted'],
      ['hostname = first', 'hostname = second'],
    ];
    const bad = [
      ['hostname'],
      ['= x'],
      ['passdb a { driver = x }'],
      ['} x'],
      ['hostname x {'],
      ['foo bar {', '}'],
      ['plugin {', '}'],
      ['mail_home = /x/%{user'],
      ['mail_path = %{user | default(")}'],
    ];
    for (const line of this.#dice.pick(this.#wrong() ? bad : oddities)) this.#line(line);
  }
}
