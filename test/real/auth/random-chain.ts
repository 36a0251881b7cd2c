import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { RANDOM_QUERIES } from './random-table.js';

/** Numbers that look random and are the same in each run. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** 0 <= n < limit; xorshift32 */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

export type { Dice };

/** Dice that fall alike for the same seed. */
export function diceOf(seed: number): Dice {
  const dice = new Dice(seed * 2_654_435_761);
  for (let warm = 0; warm < 8; warm += 1) dice.below(2);
  return dice;
}

export interface RandomChain {
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
}

const RULES = ['return', 'return-ok', 'return-fail', 'continue', 'continue-ok', 'continue-fail'] as const;
export const USERS = ['ann', 'bob', 'carl@a.org', 'dan@b.org', 'eve', 'fay@a.org'] as const;
const ENTRY_FIELDS = [
  'a=1',
  'a=2',
  'b=%u',
  'b=%{user}',
  'c',
  'c=',
  'd:protected=3',
  'd:default=4',
  'a:remove=',
  'host=192.0.2.1',
  'proxy=y',
  'proxy',
  'nologin',
  'nodelay=y',
  'reason=because',
  'user=eve',
  'username=bob',
  'domain=a.org',
  'domain=b.org',
  'nopassword=y',
  'noauthenticate',
  'fail=y',
  'allow_nets=10.0.0.0/8',
  'allow_nets=local',
  'delay_until=1',
  'delay_until=x',
  'userdb_home=/h',
  'userdb_quota:default=1',
  'forward_x=1',
  'password=pw',
  'original_user=zz',
  'e=%{passdb:a}',
  'passdb_import=z=1',
  'password_noscheme=pw',
  'allow_real_nets=10.0.0.0/8,local',
  'proxy_maybe=y',
  'auth_user=qq',
  'anonymous',
  'userdb_user=zed',
  'userdb_uid=1000',
  'userdb_a:remove=',
  'user=',
  'x=y',
  'x=%%',
  'login_user=bob',
  'proxy_maybe',
  'proxy_always',
  'port=143',
  'destuser=%u',
  'pass=secret',
  'master=boss',
  'ssl=yes',
  'hostip=192.0.2.1',
  'broken=%{nosuchvar}',
  'allow_nets=bad,10.0.0.0/8',
  'allow_nets=',
  'allow_nets=2001:db8::/32,192.0.2.7',
  'allow_nets=::ffff:10.1.2.3',
  'allow_nets=0.0.0.0/0',
  'allow_nets=10.65793',
  'host=[2001:db8::25]',
  'host=192.513',
  'allow_real_nets=192.0.2.0/24',
  'delay_until=9999999999',
  'delay_until=1+x',
  'delay_until=',
  'nologin=',
  'fail',
  'login_user=',
  'login_user=nobody',
  'username=zoe@c.org',
  'user=BOB',
  'user=bob@',
  'domain=',
  'domain=x@y',
  'nopassword',
  'nopassword:default=y',
  'user:default=eve',
  'password:remove=',
  'nopassword:remove=',
  'host:remove=',
  'nodelay:remove=',
  'userdb_userdb_import=k=1',
  'passdb_import=',
  'event_x=1',
  'b=%{original_user}',
  'auth_user=',
  'code=temp_fail',
  'reason',
  'temp',
  'k8s=1',
] as const;
const TEMPLATE_FIELDS = [
  't=1',
  'a=9',
  'destuser=%{user}',
  'host=192.0.2.2',
  'user=fay@a.org',
  'd=%{user}x',
  'proxy=y',
  'nopassword=y',
  'login_user=carl@a.org',
  'broken=%{nosuchvar}',
  'p=%{passdb:a}',
  'a:remove=',
  'noauthenticate=y',
  'fail=y',
  'allow_nets=10.0.0.0/8,local',
  'nodelay=y',
  'delay_until=x',
  'username=%{user}x',
  'domain=b.org',
  'userdb_home=/t',
  'b:default=8',
  'b:protected=8',
  'nologin=y',
  'reason=so',
  'u=%{original_user}',
  'm=%{master_user}',
  'l=%{login_user}',
  'w=%{password}',
  's=%{session}',
] as const;

function entry(dice: Dice, user: string): string {
  const password = dice.pick([
    '{PLAIN}pw',
    '{PLAIN}pw',
    '{PLAIN}pw',
    '{PLAIN}other',
    '{NOSUCH}pw',
    '',
    'pw',
    '{SHA256}x',
    '{SHA1}GpHWL3ymc5liWkNopqtdSjuqYHM=',
    '{PLAIN-MD5}8fe4c11451281c094a6578e6ddbf5eed',
    '{sha256.hex}30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4',
    '{PLAIN.b64}cHc=',
    '{',
  ]);
  const count = dice.below(4);
  const fields = Array.from({ length: count }, () => dice.pick(ENTRY_FIELDS)).join(' ');
  return `${user}:${password}::::::${fields}\n`;
}

function templates(dice: Dice): string[] {
  return Array.from({ length: 1 + dice.below(3) }, () => dice.pick(TEMPLATE_FIELDS));
}

interface Block {
  readonly text: string;
  /** Its passwd-file or, in 2.3, the settings of its database. */
  readonly file: string | null;
}

/** The settings of one driver, its file beside them. */
interface Source {
  readonly lines: readonly string[];
  readonly fields: readonly string[];
  readonly file: string | null;
}

/** Names under which users are looked up in a passwd-file. */
const FILE_KEYS = {
  '2.3': ['%n', '%Lu', '%n@a.org', '%{passdb:a}', '%{nosuch}'],
  '2.4': ['%{user|username}', '%{user|lower}', '%{user|username}@a.org', '%{passdb:a}', '%{nosuch}'],
} as const;

function passwdFile(dice: Dice, old: boolean, name: string): Source {
  const file = USERS.filter(() => dice.chance(70))
    .map((user) => entry(dice, user))
    .join('');
  if (!old) {
    const lines = [`passwd_file_path = @DIR@/${name}${dice.chance(4) ? '%{user|domain}' : ''}`];
    if (dice.chance(8)) lines.push(`auth_username_format = ${dice.pick(FILE_KEYS['2.4'])}`);
    if (dice.chance(10)) lines.push(`default_password_scheme = ${dice.pick(['PLAIN', 'sha256', 'NOSUCH'])}`);
    return { lines, fields: [], file };
  }
  const before = dice.chance(10) ? `scheme=${dice.pick(['PLAIN', 'sha256', 'NOSUCH'])} ` : '';
  const key = dice.chance(8) ? `username_format=${dice.pick(FILE_KEYS['2.3'])} ` : '';
  // The seed keeps apart what 2.3 would share: the name of the file has it.
  return {
    lines: [`args = ${before}${key}@DIR@/${name}${dice.chance(4) ? '%d' : ''}`],
    fields: [],
    file,
  };
}

/** 2.3 shares what has the same args, over all protocols: the seed keeps chains of one process apart. */
function fixedAnswer(dice: Dice, old: boolean, seed: number): Source {
  const words = templates(dice);
  if (dice.chance(40)) words.push('nopassword=y');
  if (old) {
    if (dice.chance(40)) words.push('password=pw');
    return { lines: [`args = ${words.join(' ')} seed=${seed}`], fields: [], file: null };
  }
  return { lines: dice.chance(40) ? ['static_password = pw'] : [], fields: words, file: null };
}

function database(dice: Dice, old: boolean, name: string): Source {
  const query = dice.pick(RANDOM_QUERIES);
  if (!old) {
    const lines = ['sql_driver = sqlite', 'sqlite_path = @DIR@/users.sqlite'];
    return { lines: [...lines, `passdb_sql_query = ${query['2.4']}`], fields: [], file: null };
  }
  const file = `driver = sqlite\nconnect = @DIR@/users.sqlite\ndefault_pass_scheme = PLAIN\npassword_query = ${query['2.3']}\n`;
  return { lines: [`args = @DIR@/${name}`], fields: [], file };
}

function block(dice: Dice, version: DovecotVersion, seed: number, number: number, last: boolean): Block {
  const old = version === '2.3.19.1';
  const drawn = dice.below(100);
  const driver = drawn < 70 ? 'passwd-file' : drawn < 88 ? 'static' : 'sql';
  const name = `c${seed}-p${number}`;
  const source =
    driver === 'passwd-file'
      ? passwdFile(dice, old, name)
      : driver === 'static'
        ? fixedAnswer(dice, old, seed)
        : database(dice, old, name);
  const lines: string[] = [`driver = ${driver}`, ...source.lines];
  const fields: string[] = [...source.fields];
  for (const result of ['success', 'failure', 'internalfail'] as const) {
    if (dice.chance(50)) continue;
    const rule = dice.pick(RULES);
    // 2.4 does not start with it; that is recorded elsewhere.
    if (!old && last && result === 'success' && rule === 'continue') continue;
    lines.push(`result_${result} = ${rule}`);
  }
  if (dice.chance(30)) lines.push(`skip = ${dice.pick(['authenticated', 'unauthenticated', 'never'])}`);
  if (dice.chance(10)) lines.push('deny = yes');
  else if (dice.chance(12) && !last) lines.push('master = yes');
  if (dice.chance(12))
    lines.push(
      `username_filter = ${dice.pick(['*@a.org', '!bob', '*o* !carl*', 'ann', '?ob,eve', '!*@* ann bob', 'BOB'])}`,
    );
  if (dice.chance(5))
    lines.push(
      `${old ? 'mechanisms' : 'mechanisms_filter'} = ${dice.pick(['plain', 'login', 'PLAIN Login', old ? 'none plain' : 'lookup'])}`,
    );
  if (!old && dice.chance(8)) lines.push('use_worker = yes');
  if (dice.chance(8)) lines.push(`auth_verbose = ${dice.pick(['yes', 'no'])}`);
  if (old && dice.chance(20)) lines.push(`default_fields = ${templates(dice).join(' ')}`);
  if (old && dice.chance(20)) lines.push(`override_fields = ${templates(dice).join(' ')}`);
  if (!old && dice.chance(25)) fields.push(...templates(dice));
  if (!old && dice.chance(10)) lines.push('fields_import_all = no');
  const unique = [...new Map(fields.map((field) => [field.split('=')[0], field])).values()];
  const inner = unique.map((field) => `    ${field.replace('=', ' = ')}\n`).join('');
  const fieldBlock = inner === '' ? '' : `  fields {\n${inner}  }\n`;
  return {
    text: `passdb p${number} {\n${lines.map((line) => `  ${line}\n`).join('')}${fieldBlock}}\n`,
    file: source.file,
  };
}

/** Settings beside the passdbs. */
function settings(dice: Dice, version: DovecotVersion): string {
  const old = version === '2.3.19.1';
  const lines = ['auth_master_user_separator = *'];
  if (dice.chance(15)) lines.push(`${old ? 'auth_default_realm' : 'auth_default_domain'} = a.org`);
  if (dice.chance(15))
    lines.push(
      `auth_username_format = ${old ? dice.pick(['%u', '%n', '%Lu', '%Uu', '%Ln@b.org', '%{passdb:a}']) : dice.pick(['%{user}', '%{user|username}', '%{user|lower}', '%{user|upper}', '%{user|username}@b.org', '%{user|nosuch}'])}`,
    );
  if (dice.chance(6)) lines.push(`auth_username_translation = ${dice.pick(['+@', 'b@+o', 'A', 'nm@%'])}`);
  if (dice.chance(6))
    lines.push(`auth_username_chars = ${dice.pick(['abcdefghijklmnopqrstuvwxyz@.', 'abcdefnorylmv*'])}`);
  // 2.3 forgets a protocol's own ones in delayed failures and behind the first look-up.
  if (dice.chance(10) && !old)
    lines.push(`auth_verbose_passwords = ${dice.pick(['plain', 'sha1', 'sha1:6', 'plain:1', 'no'])}`);
  if (dice.chance(6) && !old) lines.push('auth_anonymous_username = eve');
  if (dice.chance(10)) lines.push(`auth_proxy_self = ${dice.pick(['192.0.2.1', '192.0.2.9 192.0.2.2'])}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** One to six passdbs with any rules, fields and filters. */
export function randomChain(version: DovecotVersion, seed: number): RandomChain {
  const dice = diceOf(seed);
  const count = 1 + dice.below(6);
  let config = settings(dice, version);
  const files: Record<string, string> = {};
  for (let number = 1; number <= count; number += 1) {
    const { text, file } = block(dice, version, seed, number, number === count);
    config += text;
    if (file !== null) files[`c${seed}-p${number}`] = file;
  }
  return { config, files };
}
