import { Source } from '../../grammar/source.js';
import type { ConnectionFilter, EffectiveConfig } from '../../src/config/effective.js';
import type { LoadedConfig } from '../../src/config/load.js';
import type { DumpNode } from '../../src/config/print/dump.js';
import { changeOf } from '../../src/knowledge/changes.js';
import { SETTINGS_2_3 } from '../../src/knowledge/generated/settings-2.3.19.1.js';
import { settingRows } from '../../src/knowledge/generated/settings-2.4.1.js';
import type { Migration } from '../../src/migrate/migrate.js';
import { translateString } from '../../src/migrate/strings/translate-string.js';

const TYPES = new Map(settingRows.map(([name, type]) => [name, type]));

/** Filters of the questions: none, and each protocol that the files name. */
function filtersOf({ files }: Migration): readonly ConnectionFilter[] {
  const names = files.flatMap(({ source }) =>
    [...source.text.matchAll(/^[ \t]*protocol[ \t]+!?([\w-]+)/gm)].map(([, name = '']) => name),
  );
  return [{}, ...[...new Set(names)].map((protocol) => ({ protocol }))];
}

/** Settings that are compared as services, listeners or chains. */
const ELSEWHERE = /^(?:passdb|userdb|service|namespace|plugin|dict|metric|event_exporter)$/;

/**
 * Settings whose value differs between a 2.3 configuration and what became of it, and that no change of the migration
 * names: `SETTING (PROTOCOL): OLD => NEW`.
 */
export function unexplainedDifferences(
  old: EffectiveConfig,
  now: EffectiveConfig,
  migration: Migration,
): string[] {
  const found: string[] = [];
  const filters = filtersOf(migration);
  for (const [name, type, ...rest] of SETTINGS_2_3) {
    if (typeof name !== 'string' || name.includes('/') || ELSEWHERE.test(name) || type === 'alias') continue;
    if (rest[2]?.includes('h') && old.setting(name)?.origin === null) continue;
    for (const filter of filters) {
      const { text: before, origin } = old.setting(name, filter) ?? { text: '', origin: null };
      for (const target of targetsOf(name)) {
        const { text: after, origin: newOrigin } = now.setting(target, filter) ?? { text: '', origin: null };
        const isDefault = origin === null && newOrigin === null;
        if (isDefault && (!TYPES.has(target) || DEFAULTS.has(name))) continue;
        if (isSame(name, target, before, after) || isExplained(name, target, migration)) continue;
        found.push(`${name} (${filter.protocol ?? 'global'}): ${before} => ${target} ${after}`);
      }
    }
  }
  return [...found, ...differentServices(old, now, migration), ...differentListeners(old, now)];
}

/** Settings whose defaults differ, with what is known of it. */
const DEFAULTS: ReadonlySet<string> = new Set([
  // Another text for people; told where a listener greets with it (DV731).
  'login_greeting',
  'managesieve_implementation_string',
  // Costs, told where mails are stored (DV731).
  'mail_cache_fields',
  // The same meaning, written in another way.
  'imapc_user',
  'imapc_max_line_length',
  'imap_id_send',
  'import_environment',
  'auth_policy_request_attributes',
  'postmaster_address',
  'rejection_reason',
  'dsync_remote_cmd',
  // Lists that 2.4 keeps elsewhere; mbox_write_locks is pinned where mboxes are used.
  'mbox_read_locks',
  'mbox_write_locks',
  // Pinned where LMTP is served.
  'lmtp_user_concurrency_limit',
  // Told where POP3 is served (DV731).
  'pop3_logout_format',
]);

/** Names of 2.4 that carry on a setting; [] where 2.4 has none. */
function targetsOf(name: string): readonly string[] {
  const change = changeOf(name);
  if (change === undefined || change.kind.startsWith('same_name')) return [name];
  switch (change.kind) {
    case 'renamed':
    case 'renamed_file':
    case 'renamed_inverted':
    case 'split_file':
      return change.names;
    default:
      return [name];
  }
}

function isSame(name: string, target: string, before: string, after: string): boolean {
  const type = TYPES.get(target);
  if (changeOf(name)?.kind === 'renamed_inverted')
    return canonical('bool', before) !== canonical('bool', after);
  if (type === 'file') return before.replace(/^</, '') === after;
  if (before.includes('%') && translated(name, before) === after) return true;
  return canonical(type, before) === canonical(type, after);
}

function translated(name: string, text: string): string {
  const source = new Source('dovecot.conf', text);
  return translateString(text, { setting: name, place: { source, span: { start: 0, end: 0 } } }).text;
}

function canonical(type: string | undefined, text: string): string {
  switch (type) {
    case 'bool':
      return /^(?:y|yes|1)$/i.test(text) ? 'yes' : 'no';
    case 'boollist':
      return text
        .split(/[ ,:\t]+/)
        .filter((word) => word !== '')
        .sort()
        .join(' ');
    case 'time':
    case 'time_msecs':
      return String(duration(text));
    case 'size':
      return String(bytes(text));
    case 'uint':
      return text === '4294967295' ? 'unlimited' : text;
    default:
      return text.replaceAll(/\$(?:SET:)?/g, '');
  }
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function duration(text: string): number {
  const [, number = '0', unit = 's'] = /^(\d+) *([a-z]*)$/i.exec(text) ?? [];
  if (/^(?:unlimited|infinite)$/.test(text)) return Number.POSITIVE_INFINITY;
  const isMilliseconds = /^ms|^milli/i.test(unit);
  return Number(number) * (isMilliseconds ? 1 : (UNITS[unit.charAt(0).toLowerCase()] ?? 1000));
}

function bytes(text: string): number {
  const [, number = '0', unit = 'b'] = /^(\d+) *([bkmgt]?)/i.exec(text) ?? [];
  return text === 'unlimited' || text.startsWith('18446744073709551615')
    ? Number.POSITIVE_INFINITY
    : Number(number) * 1024 ** 'bkmgt'.indexOf((unit || 'b').toLowerCase());
}

/** A change says of a setting what becomes of it: in its old text, its new one, or its reason. */
function isExplained(name: string, target: string, { changes }: Migration): boolean {
  const words = new RegExp(`(?<![\\w])(?:${name}|${target})(?![\\w])`);
  return changes.some(
    ({ old, new: now, reason }) =>
      words.test(old?.text ?? '') || words.test(now?.text ?? '') || words.test(reason),
  );
}

const SERVICES = [
  'auth',
  'auth-worker',
  'dict',
  'imap',
  'imap-login',
  'lmtp',
  'managesieve',
  'managesieve-login',
  'pop3',
  'pop3-login',
  'submission',
  'submission-login',
  'stats',
  'doveadm',
];
const NUMBERS = ['clientLimit', 'processLimit', 'processMinAvail', 'serviceCount', 'vszLimit'] as const;

function differentServices(old: EffectiveConfig, now: EffectiveConfig, migration: Migration): string[] {
  return SERVICES.flatMap((name) => {
    const before = old.service(name);
    const after = now.service(name);
    if (before === null || after === null) return before === after ? [] : [`service ${name} is missing`];
    return NUMBERS.flatMap((key) =>
      // The number of auth workers was auth_worker_max_count in 2.3.
      (name === 'auth-worker' && key === 'processLimit') ||
      (name === 'lmtp' && !old.protocols.includes('lmtp')) ||
      before[key] === after[key] ||
      isExplained(name, name, migration)
        ? []
        : [`service ${name} ${key}: ${before[key]} => ${after[key]}`],
    );
  });
}

function differentListeners(old: EffectiveConfig, now: EffectiveConfig): string[] {
  const shown = (config: EffectiveConfig) =>
    config
      .listeners()
      .map(({ service, protocol, addresses, port, ssl, haproxy }) =>
        [service, protocol, [...addresses].sort().join(' '), port, ssl, haproxy].join(' '),
      )
      .sort();
  const before = shown(old);
  const after = shown(now);
  return before.join('\n') === after.join('\n')
    ? []
    : [`listeners: ${before.join(', ')} => ${after.join(', ')}`];
}

/** What stands in all namespaces, without their names, which 2.4 wants and 2.3 did not. */
function namespaceLines(config: LoadedConfig): string[] {
  const options = {
    names: [],
    showSecrets: true,
    valuesOnly: false,
    filters: [],
    modules: [],
    simple: false,
  };
  const lines = (nodes: readonly DumpNode[], path: string): string[] =>
    nodes.flatMap((node) => {
      if (node.kind === 'section') return lines(node.children, `${path}${node.head}/`);
      // The location is settings of their own; empty texts are what 2.3 prints for none.
      const isPlace = /^(?:location|mail_.*|mailbox_list_.*|fts_.*|quota_.*|name)$/.test(node.name);
      return isPlace || node.value === '' ? [] : [`${path}${node.name} = ${plainValue(node.value)}`];
    });
  return config
    .dump({ ...options, scope: 'set' })
    .nodes.flatMap((node) =>
      node.kind === 'section' && /^namespace(?: |$)/.test(node.head) ? lines(node.children, '') : [],
    )
    .sort();
}

/** 2.3 prints times with whole units, 2.4 quotes elements with a backslash. */
function plainValue(text: string): string {
  if (/^\d+ *[a-z]+$/i.test(text)) return `${duration(text)} ms`;
  return text.replace(/^"(.*)"$/, '$1').replaceAll('\\\\', '\\');
}

/** Lines of namespaces and mailboxes that are on one side only. */
export function namespaceDifferences(old: LoadedConfig, now: LoadedConfig): string[] {
  const before = namespaceLines(old);
  const after = namespaceLines(now);
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `lost: ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `new: ${line}`),
  ];
}
