import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { LogEntry, LookupContext, RowField } from '../auth/driver.js';
import type { SystemId, UserdbDriver, UserdbOutcome } from '../auth/userdb-driver.js';
import { type StaticUserdb, userdbTemplate } from '../auth/userdb-static.js';
import type { Config } from '../config/config.js';
import type { UserdbBlock } from '../config/effective.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import { type AskSystem, askSystem, listSystem } from './passwd.js';

/** Opens a passwd userdb. Dovecot 2.3.19.1 and 2.4.1 userdb-passwd.c */
export async function openPasswdUserdb(
  block: UserdbBlock,
  config: Config,
  systemId: SystemId,
  ask: AskSystem = askSystem,
): Promise<UserdbDriver> {
  const series = seriesOf(config.version);
  const template = userdbTemplate('passwd', block.args.text, 'blocking', systemId);
  return {
    name: 'passwd',
    blocking: series === '2.3' ? (template.removed ?? 'yes').toLowerCase() === 'yes' : block.useWorker,
    lookup: (context) => lookup(series, template.fields, context, ask),
    iterate: () => iterate(rangesOf(config)),
    close: async () => {},
  };
}

async function lookup(
  series: Series,
  template: StaticUserdb['fields'],
  context: LookupContext,
  ask: AskSystem,
): Promise<UserdbOutcome> {
  const { user } = context;
  const log: LogEntry[] = [{ level: 'debug', text: 'lookup' }];
  let account: readonly ByteString[] | null;
  try {
    account = await ask('passwd', user);
  } catch (error) {
    const reason = error instanceof Error ? fromUtf8(error.message) : String(error);
    log.push({ level: 'error', text: `getpwnam() failed: ${reason}` });
    return { kind: 'internal', log };
  }
  const queries = [{ text: user, database: 'getent passwd', rows: account === null ? 0 : 1 }];
  if (account === null) {
    log.push({ level: 'info', text: 'unknown user' });
    return { kind: 'unknown', log, queries };
  }
  const [name = '', , uid = '', gid = '', , home = ''] = account;
  const ids: RowField[] = [
    ['uid', uid],
    ['gid', gid],
  ];
  const fields: RowField[] =
    series === '2.3'
      ? [['system_groups_user', name], ...ids, ['home', home]]
      : [
          ['system_groups_user', name],
          ['uid', uid],
          ['home', home],
          ['gid', gid],
        ];
  for (const [key, value] of template) {
    const expansion = context.expand(value);
    if (expansion.kind === 'error') {
      log.push({ level: 'error', text: `Failed to expand template: ${expansion.message}` });
      return { kind: 'internal', fields, log, queries };
    }
    fields.push([key, expansion.text]);
  }
  const columns = new Map(fields.map(([key, value]) => [key, value ?? '']));
  return { kind: 'found', fields, row: { prefix: 'passwd', columns }, log, queries };
}

interface Range {
  readonly first: number;
  /** 0: no end. */
  readonly last: number;
}

function rangesOf({ effective }: Config): { readonly uid: Range; readonly gid: Range } {
  const number = (name: string): number => Number(effective.setting(name)?.text ?? 0) || 0;
  return {
    uid: { first: number('first_valid_uid'), last: number('last_valid_uid') },
    gid: { first: number('first_valid_gid'), last: number('last_valid_gid') },
  };
}

/** Accounts of daemons and such are left out. Dovecot userdb-passwd.c: passwd_iterate_want_pw */
async function* iterate(ranges: ReturnType<typeof rangesOf>): AsyncGenerator<ByteString> {
  const isIn = ({ first, last }: Range, id: number): boolean => id >= first && (last === 0 || id <= last);
  for await (const [name = '', , uid, gid] of listSystem('passwd'))
    if (name !== '' && isIn(ranges.uid, Number(uid)) && isIn(ranges.gid, Number(gid))) yield name;
}
