import type { ByteString } from '../../../grammar/bytes.js';
import { DEFAULT_HISTORY_2_4 } from '../../knowledge/default-history-2.4.js';
import type { Builder } from './builder.js';
import type { Filter, FilterTree } from './filter.js';

/**
 * Built-in values that were other ones when `dovecot_config_version` was the latest (Dovecot 2.4.5 config-parser.c
 * config_parser_add_info_defaults_arr()).
 */
export function applyOldDefaults(builder: Builder, configVersion: ByteString): void {
  const { tree, section } = builder;
  builder.inDefaults = true;
  for (const [path, before, changedIn] of DEFAULT_HISTORY_2_4) {
    if (changedIn <= configVersion || changedIn > tree.table.version || path.startsWith('@')) continue;
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const filter = slash === -1 ? tree.defaults : findFilter(tree, tree.defaults, path.slice(0, slash));
    if (filter?.values.has(name) !== true) continue;
    filter.values.delete(name);
    builder.section = builder.openAt(filter);
    builder.apply(name, before);
  }
  builder.inDefaults = false;
  builder.section = section;
}

/** `service/imap/unix_listener/imap-master`, `passdb_ldap`. */
function findFilter(tree: FilterTree, parent: Filter, path: ByteString): Filter | undefined {
  const [first = '', second = '', ...rest] = path.split('/');
  const isList = tree.table.findSetting(first)?.type === 'list_filter';
  const mask = { name: isList ? `${first}/${second}` : first, isList };
  const found = tree.find(parent, mask, true);
  const below = isList ? rest : path.split('/').slice(1);
  return found === undefined || below.length === 0 ? found : findFilter(tree, found, below.join('/'));
}
