import type { DovecotVersion } from '../../../src/knowledge/versions.js';

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

export interface RandomChain {
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
}

const RULES = ['return', 'return-ok', 'return-fail', 'continue', 'continue-ok', 'continue-fail'] as const;
const USERS = ['ann', 'bob', 'carl@a.org', 'dan@b.org', 'eve', 'fay@a.org'] as const;
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
  'broken=%{nosuchvar}',
] as const;
const TEMPLATE_FIELDS = [
  't=1',
  'a=9',
  'destuser=%{user}',
  'host=192.0.2.2',
  'user=fay@a.org',
  'broken=%{nosuchvar}',
  'p=%{passdb:a}',
  'a:remove=',
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
  ]);
  const count = dice.below(4);
  const fields = Array.from({ length: count }, () => dice.pick(ENTRY_FIELDS)).join(' ');
  return `${user}:${password}::::::${fields}\n`;
}

function templates(dice: Dice): string[] {
  return Array.from({ length: 1 + dice.below(3) }, () => dice.pick(TEMPLATE_FIELDS));
}

function block(
  dice: Dice,
  version: DovecotVersion,
  number: number,
  last: boolean,
): { text: string; file: string | null } {
  const old = version === '2.3.19.1';
  const driver = dice.chance(80) ? 'passwd-file' : 'static';
  const lines: string[] = [`driver = ${driver}`];
  const file =
    driver === 'passwd-file'
      ? USERS.filter(() => dice.chance(70))
          .map((user) => entry(dice, user))
          .join('')
      : null;
  const fields: string[] = [];
  if (driver === 'passwd-file')
    lines.push(old ? `args = @DIR@/p${number}` : `passwd_file_path = @DIR@/p${number}`);
  else {
    const words = templates(dice);
    if (dice.chance(40)) words.push('nopassword=y');
    if (dice.chance(40)) words.push(old ? 'password=pw' : '');
    if (old) lines.push(`args = ${words.join(' ')}`);
    else {
      fields.push(...words.filter((word) => word !== ''));
      if (dice.chance(40)) lines.push('static_password = pw');
    }
  }
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
  if (dice.chance(12)) lines.push(`username_filter = ${dice.pick(['*@a.org', '!bob', '*o* !carl*', 'ann'])}`);
  if (dice.chance(5))
    lines.push(
      `${old ? 'mechanisms' : 'mechanisms_filter'} = ${dice.pick(['plain', 'login', old ? 'none' : 'lookup'])}`,
    );
  if (old && dice.chance(20)) lines.push(`default_fields = ${templates(dice).join(' ')}`);
  if (old && dice.chance(20)) lines.push(`override_fields = ${templates(dice).join(' ')}`);
  if (!old && dice.chance(25)) fields.push(...templates(dice));
  if (!old && dice.chance(10)) lines.push('fields_import_all = no');
  const unique = [...new Map(fields.map((field) => [field.split('=')[0], field])).values()];
  const inner = unique.map((field) => `    ${field.replace('=', ' = ')}\n`).join('');
  const fieldBlock = inner === '' ? '' : `  fields {\n${inner}  }\n`;
  return {
    text: `passdb p${number} {\n${lines.map((line) => `  ${line}\n`).join('')}${fieldBlock}}\n`,
    file,
  };
}

/** One to five passdbs with any rules, fields and filters. */
export function randomChain(version: DovecotVersion, seed: number): RandomChain {
  const dice = new Dice(seed * 2_654_435_761);
  for (let warm = 0; warm < 8; warm += 1) dice.below(2);
  const count = 1 + dice.below(5);
  let config = 'auth_master_user_separator = *\n';
  if (dice.chance(15))
    config += `${version === '2.3.19.1' ? 'auth_default_realm' : 'auth_default_domain'} = a.org\n`;
  const files: Record<string, string> = {};
  for (let number = 1; number <= count; number += 1) {
    const { text, file } = block(dice, version, number, number === count);
    config += text;
    if (file !== null) files[`p${number}`] = file;
  }
  return { config, files };
}

/** Every user with the right and a wrong password, look-ups, and master logins. */
export function questions(): { user: string; password: string | null }[] {
  return [
    ...USERS.map((user) => ({ user, password: 'pw' })),
    ...USERS.slice(0, 3).map((user) => ({ user, password: 'wrong' })),
    ...USERS.slice(2, 5).map((user) => ({ user, password: null })),
    { user: 'nobody', password: 'pw' },
    { user: 'BOB', password: 'pw' },
    { user: 'ann*bob', password: 'pw' },
    { user: 'dan@b.org*eve', password: 'pw' },
  ];
}
