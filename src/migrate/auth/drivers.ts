import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import {
  change,
  type DriverPart,
  keyValue,
  literalSetting,
  NOTHING,
  newSetting,
  type OldBlock,
  variableSetting,
  wordsOf,
} from './block-part.js';
import { fieldsOf } from './fields.js';
import { foldLdap } from './ldap-file.js';
import { foldOauth2 } from './oauth2-file.js';
import { passwdFilePart } from './passwd-file.js';
import { foldSql } from './sql-file.js';

/** What 2.4 does not have any more, and what people do instead. */
export const GONE: Readonly<Record<string, string>> = nameTable({
  shadow:
    'use pam, which reads the shadow file for the auth process, or copy the accounts into a passwd-file',
  checkpassword: 'use lua, which can run a check of its own, or oauth2, ldap or sql',
  dict: 'use lua with the dict client, or read the same data by sql or ldap',
  vpopmail: 'read the database of vpopmail by sql, or its files by lua',
  sia: 'use pam',
  nss: 'use passwd, which asks the name service too',
});

/** The part of a block that depends on its driver. */
export function driverPart(old: OldBlock): DriverPart {
  switch (old.driver) {
    case 'passwd-file':
      return passwdFilePart(old);
    case 'static':
      return staticPart(old);
    case 'sql':
      return foldSql(old);
    case 'ldap':
      return foldLdap(old);
    case 'oauth2':
      return foldOauth2(old);
    case 'pam':
      return pamPart(old);
    case 'passwd':
      return passwdPart(old);
    case 'imap':
      return imapPart(old);
    case 'lua':
      return luaPart(old);
    default:
      return NOTHING;
  }
}

function argsChange(old: OldBlock): ChangeDraft {
  return change('DV766', 'exact', `2.4 has settings in the place of the args of ${old.driver}.`, old.place);
}

/** Dovecot 2.3.19.1 passdb-static.c, userdb-static.c */
function staticPart(old: OldBlock): DriverPart {
  const { kind, args, place } = old;
  const statements: NewStatement[] = [];
  const words = wordsOf(args).filter((word) => {
    const [key, value] = keyValue(word);
    if (kind === 'passdb' && key === 'password') {
      if (value !== null)
        statements.push(
          variableSetting('passdb_static_password', value, place, { changes: [argsChange(old)] }),
        );
      return false;
    }
    if (kind === 'userdb' && key === 'allow_all_users') {
      statements.push(
        newSetting('userdb_static_allow_all_users', value === 'yes' ? 'yes' : 'no', [argsChange(old)]),
      );
      return false;
    }
    return true;
  });
  return { ...NOTHING, statements, fields: fieldsOf(kind, words.join(' '), place) };
}

/** Dovecot 2.3.19.1 passdb-pam.c */
function pamPart(old: OldBlock): DriverPart {
  const { args, place } = old;
  const statements: NewStatement[] = [];
  let cacheKey = '';
  for (const word of wordsOf(args)) {
    const [key, value] = keyValue(word);
    if (word === '-session' || word === 'session=yes')
      statements.push(newSetting('passdb_pam_session', 'yes'));
    else if (word === 'setcred=yes') statements.push(newSetting('passdb_pam_setcred', 'yes'));
    else if (word === 'failure_show_msg=yes')
      statements.push(newSetting('passdb_pam_failure_show_msg', 'yes'));
    else if (key === 'max_requests') statements.push(newSetting('passdb_pam_max_requests', value ?? ''));
    else if (key === 'cache_key') cacheKey = value ?? '';
    else if (word === '*') statements.push(newSetting('passdb_pam_service_name', '%{protocol | lower}'));
    else if (word !== 'blocking=yes')
      statements.push(variableSetting('passdb_pam_service_name', word, place));
  }
  return { ...NOTHING, statements: told(statements, old), pins: cachePin(cacheKey, old) };
}

/** 2.3 caches these drivers only when told what by; 2.4 does by itself. */
function cachePin(cacheKey: ByteString, { kind, place }: OldBlock): NewStatement[] {
  if (cacheKey !== '') {
    const reason = `2.4 finds out by itself what an answer depends on; 2.3 was told "${cacheKey}".`;
    return [newSetting(`${kind}_use_cache`, 'yes', [change('DV784', 'equivalent', reason, place)])];
  }
  const reason =
    '2.4 would put the answers of this driver into the cache; 2.3 does so only with a cache_key.';
  return [newSetting(`${kind}_use_cache`, 'no', [change('DV784', 'exact', reason, place)])];
}

/** Dovecot 2.3.19.1 passdb-passwd.c, userdb-passwd.c */
function passwdPart(old: OldBlock): DriverPart {
  const { kind, args, place } = old;
  const words = wordsOf(args);
  const statements = words
    .filter((word) => keyValue(word)[0] === 'blocking')
    .map((word) => newSetting(`${kind}_use_worker`, word.toLowerCase() === 'blocking=yes' ? 'yes' : 'no'));
  const others = words.filter((word) => keyValue(word)[0] !== 'blocking');
  const fields = fieldsOf(kind, others.join(' '), place);
  return { ...NOTHING, statements: told(statements, old), fields: kind === 'userdb' ? fields : [] };
}

/** Dovecot 2.3.19.1 passdb-imap.c */
function imapPart(old: OldBlock): DriverPart {
  const { args, place } = old;
  const values = new Map(wordsOf(args).map((word) => [keyValue(word)[0], keyValue(word)[1] ?? '']));
  const get = (key: string): ByteString => values.get(key) ?? '';
  const ssl = get('ssl');
  const statements: NewStatement[] = [
    variableSetting('imapc_host', get('host'), place),
    newSetting('imapc_port', get('port') || (ssl === 'imaps' ? '993' : '143')),
    variableSetting('imapc_user', get('username') || '%u', place),
  ];
  if (ssl !== '') statements.push(newSetting('imapc_ssl', ssl));
  if (get('ssl_ca_file') !== '')
    statements.push(literalSetting('ssl_client_ca_file', get('ssl_ca_file'), place));
  if (get('ssl_ca_dir') !== '')
    statements.push(literalSetting('ssl_client_ca_dir', get('ssl_ca_dir'), place));
  if (ssl !== '')
    statements.push(
      newSetting('ssl_client_require_valid_cert', get('allow_invalid_cert') === 'yes' ? 'no' : 'yes'),
    );
  if (get('rawlog_dir') !== '') statements.push(literalSetting('imapc_rawlog_dir', get('rawlog_dir'), place));
  return { ...NOTHING, statements: told(statements, old) };
}

/** Dovecot 2.3.19.1 passdb-lua.c, userdb-lua.c */
function luaPart(old: OldBlock): DriverPart {
  const { kind, args, place } = old;
  const statements: NewStatement[] = [];
  const changes: ChangeDraft[] = [];
  const pins: NewStatement[] = [];
  for (const word of wordsOf(args)) {
    const [key, value] = keyValue(word);
    if (key === 'file') statements.push(literalSetting('lua_file', value ?? '', place));
    else if (key === 'blocking') statements.push(newSetting(`${kind}_use_worker`, value ?? 'yes'));
    else if (key === 'scheme') statements.push(newSetting('passdb_default_password_scheme', value ?? ''));
    else if (key === 'cache_key' && (value ?? '') === '') pins.push(newSetting(`${kind}_use_cache`, 'no'));
    else if (key === 'cache_key') {
      const name = kind === 'passdb' ? 'auth_passdb_get_cache_key' : 'auth_userdb_get_cache_key';
      const reason = `2.4 asks the script's function ${name}() for the cache key; without it, nothing is cached. 2.3 was told "${value ?? ''}".`;
      changes.push(change('DV784', 'decide', reason, place));
    }
  }
  const script =
    'The script goes on as it is: texts that it gives to var_expand() have to be in the language of 2.4.';
  changes.push(change('DV763', 'decide', script, place));
  return { ...NOTHING, statements: told(statements, old, changes), pins };
}

/** Puts the change of the args at the first statement. */
function told(
  statements: readonly NewStatement[],
  old: OldBlock,
  more: readonly ChangeDraft[] = [],
): readonly NewStatement[] {
  const [first, ...rest] = statements;
  if (first === undefined || first.kind === 'blank') return statements;
  return [{ ...first, changes: [argsChange(old), ...more, ...(first.changes ?? [])] }, ...rest];
}
