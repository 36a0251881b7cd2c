import type { SettingChange } from '../knowledge/changes.js';
import { listOf } from './rule.js';
import type { WrittenSetting } from './statements.js';

/** What to write in 2.4 instead of a 2.3 setting: the text itself where it follows from the value, else the names. */
export function textFor24(change: SettingChange, written: WrittenSetting | null): string {
  const value = written?.node.value.text ?? null;
  if (written !== null && value !== null) {
    const exact = exactText(change, written, value);
    if (exact !== null) return exact;
  }
  if (change.old === 'plugin')
    return 'Move the settings out of the section: each is a global setting of its own in 2.4.';
  if (change.names.length === 0) return `2.4 has nothing in its place: remove it${noteOf(change)}.`;
  return `2.4 has ${listOf(change.names.slice(0, 4), 'and')}${noteOf(change)}.`;
}

function exactText(change: SettingChange, written: WrittenSetting, value: string): string | null {
  switch (change.old) {
    case 'mail_location':
    case 'namespace/location':
      return value === '' ? 'Remove the line.' : `Write ${quoteLines(mailLocation(value))}.`;
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
  const [name] = change.names;
  if (name === undefined) return null;
  switch (change.kind) {
    case 'renamed':
      return `Write "${name} = ${value}".`;
    case 'renamed_file':
    case 'split_file':
      return `Write "${change.names.join(' or ')} = ${value}" (a path, without "<").`;
    case 'renamed_inverted':
      return `Write "${name} = ${/^(?:y|yes|1)$/i.test(value) ? 'no' : 'yes'}".`;
    default:
      return null;
  }
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

/** `driver:path:KEY=value` as settings of 2.4. */
function mailLocation(value: string): string[] {
  const [driver = '', path = '', ...options] = value.split(':');
  const names: Readonly<Record<string, string>> = {
    INBOX: 'mail_inbox_path',
    INDEX: 'mail_index_path',
    CONTROL: 'mail_control_path',
    VOLATILEDIR: 'mail_volatile_path',
    ALT: 'mail_alt_path',
    LAYOUT: 'mailbox_list_layout',
  };
  const lines = [`mail_driver = ${driver}`, ...(path === '' ? [] : [`mail_path = ${path}`])];
  for (const option of options) {
    const [key = '', ...rest] = option.split('=');
    const name = names[key];
    if (name !== undefined) lines.push(`${name} = ${rest.join('=')}`);
    else if (key === 'UTF-8') lines.push('mailbox_list_utf8 = yes');
  }
  return lines;
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
