import { toUtf8 } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import type { SettingChange } from '../knowledge/changes.js';
import { onOneLine, translateSetting } from '../migrate/single-setting.js';
import { listOf } from './rule.js';
import type { WrittenSetting } from './statements.js';

/** What to write in 2.4 instead of a 2.3 setting: the text itself where it follows from the value, else the names. */
export function textFor24(change: SettingChange, written: WrittenSetting | null, config: Config): string {
  const exact = written === null ? null : exactText(change, written, config);
  if (exact !== null) return exact;
  if (change.names.length === 0) return `2.4 has nothing in its place: remove it${noteOf(change)}.`;
  return `2.4 has ${listOf(change.names.slice(0, 4), 'and')}${noteOf(change)}.`;
}

function exactText(change: SettingChange, written: WrittenSetting, config: Config): string | null {
  const value = written.node.value.text;
  switch (change.old) {
    case 'passdb/args':
    case 'userdb/args':
      return argsText(change.old.startsWith('passdb') ? 'passdb' : 'userdb', written, value);
    case 'dovecot-sql.conf.ext:connect':
      return connectText(value);
    case 'dovecot-sql.conf.ext:password_query':
      return 'Write "passdb sql { query = ... }" (or passdb_sql_query = ... in a passdb of another name), with %{user} for %u.';
    case 'dovecot-sql.conf.ext:user_query':
      return 'Write "userdb sql { query = ... }" (or userdb_sql_query = ... in a userdb of another name), with %{user} for %u.';
    case 'passdb/default_fields':
    case 'passdb/override_fields':
    case 'userdb/default_fields':
    case 'userdb/override_fields':
      return `Write ${fieldsBlock(value, change.old.includes('default') ? ':default' : '')}.`;
  }
  return change.old.includes(':') ? null : migratedText(written, config);
}

/** How many lines of a section are shown. */
const SHOWN = 4;

/** What to write instead of a `plugin { }` of 2.3. */
export function pluginTextFor24(settings: readonly WrittenSetting[], config: Config): string {
  const moved = 'Move the settings out of the section: each is a global setting of its own in 2.4';
  const lines = settings.flatMap(({ source, node, path }) =>
    onOneLine(translateSetting(config, source, node, path)).map(toUtf8),
  );
  if (lines.length === 0) return `${moved}.`;
  const shown = lines.slice(0, SHOWN).map((line) => `"${line}"`);
  const rest = lines.length > SHOWN ? [`${lines.length - SHOWN} more (dvproxy migrate writes all)`] : [];
  return `${moved}: ${listOf([...shown, ...rest], 'and')}.`;
}

/** What `dvproxy migrate` would write, or why it would leave the line out. */
function migratedText({ source, node, path }: WrittenSetting, config: Config): string | null {
  const statements = translateSetting(config, source, node, path);
  const lines = onOneLine(statements).map(toUtf8);
  if (lines.length > 0) return `Write ${quoteLines(lines)}.`;
  const reason = statements.flatMap((statement) => statement.changes ?? [])[0]?.reason;
  return reason === undefined ? null : `Remove it. ${reason}`;
}

/** The connect string of MySQL or PostgreSQL as a section for each host; the password is not repeated here. */
function connectText(value: string): string {
  const parts = [...value.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S+)/g)].map(([, key = '', text = '']) => [
    key,
    text,
  ]);
  const hosts = parts.filter(([key]) => key === 'host').map(([, text]) => text);
  if (hosts.length === 0)
    return 'Write a section for the server: "mysql HOST { user = ... password = ... dbname = ... }".';
  const settings = parts
    .filter(([key]) => key === 'user' || key === 'dbname' || key === 'port')
    .map(([key, text]) => `${key} = ${text}`);
  const sections = hosts.map((host) => `"mysql ${host} { ${[...settings, 'password = ...'].join(' ; ')} }"`);
  return `Write "sql_driver = mysql" and ${listOf(sections, 'and')} (one setting a line).`;
}

function argsText(kind: 'passdb' | 'userdb', written: WrittenSetting, value: string): string {
  const driver = driverOf(written);
  switch (driver) {
    case 'sql':
      return (
        `2.4 reads no such file. Set sql_driver, a section such as "mysql HOST { user = .. password = .. dbname = .. }" and ` +
        `${kind}_sql_query = SELECT ... here.`
      );
    case 'ldap':
      return `2.4 reads no such file. Set ldap_uris, ldap_base and ${kind}_ldap_filter here.`;
    case 'passwd-file':
      return `Write ${quoteLines(passwdFile(value))}.`;
    case 'static':
      return `Write ${fieldsBlock(value.replace(/(?:^|\s)password=(\S+)/, ''), '')}${/(?:^|\s)password=/.test(value) ? ' and static_password' : ''}.`;
    case 'pam':
      return `Write "${kind}_pam_service_name = ${value.split(/\s+/).at(-1) ?? 'dovecot'}".`;
    default:
      return `2.4 has settings of each driver instead (${kind}_sql_query, passwd_file_path, ${kind}_fields, ldap_uris).`;
  }
}

function passwdFile(value: string): string[] {
  const lines: string[] = [];
  const scheme = /(?:^|\s)scheme=(\S+)/.exec(value)?.[1];
  const format = /(?:^|\s)username_format=(\S+)/.exec(value)?.[1];
  const path = /(?:^|\s)(\/.*)$/.exec(value)?.[1];
  if (path !== undefined) lines.push(`passwd_file_path = ${path}`);
  if (scheme !== undefined) lines.push(`default_password_scheme = ${scheme}`);
  if (format !== undefined) lines.push('auth_username_format = ...');
  return lines.length === 0 ? ['passwd_file_path = ...'] : lines;
}

function fieldsBlock(value: string, suffix: string): string {
  const fields = value
    .split(/\s+/)
    .filter((field) => field !== '')
    .map((field) => {
      const equals = field.indexOf('=');
      const name = equals === -1 ? field : field.slice(0, equals);
      return `${name}${suffix} = ${equals === -1 ? 'yes' : field.slice(equals + 1)}`;
    });
  return fields.length === 0 ? '"fields { }"' : `"fields { ${fields.join(' ; ')} }" (one field a line)`;
}

function driverOf({ path }: WrittenSetting): string {
  const block = path.at(-1);
  const driver = block?.body.find((statement) => statement.kind === 'setting' && statement.key === 'driver');
  if (driver?.kind === 'setting') return driver.value.text;
  return block?.name ?? '';
}

function quoteLines(lines: readonly string[]): string {
  return listOf(
    lines.map((line) => `"${line}"`),
    'and',
  );
}

function noteOf({ note }: SettingChange): string {
  return note === null ? '' : ` (${note})`;
}
