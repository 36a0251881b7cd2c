import type { ByteString } from '../../../grammar/bytes.js';
import { changedDefaults } from '../../knowledge/default-history-2.4.js';
import type { Builder } from './builder.js';
import type { Filter, FilterTree } from './filter.js';

/**
 * Built-in values that were other ones when `dovecot_config_version` was the latest (Dovecot 2.4.5 config-parser.c
 * config_parser_add_info_defaults_arr()).
 */
export function applyOldDefaults(builder: Builder, configVersion: ByteString): void {
  const { tree, section } = builder;
  builder.inDefaults = true;
  for (const [path, before] of changedDefaults(tree.table.version, configVersion)) {
    if (path.startsWith('@')) continue;
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const filter = slash === -1 ? tree.defaults : findFilter(tree, tree.defaults, path.slice(0, slash));
    if (filter?.values.has(name) === true) {
      filter.values.delete(name);
      builder.section = builder.openAt(filter);
      builder.apply(name, before);
    } else if (path === EMPTY_TODAY) {
      builder.section = builder.openAt(tree.defaults);
      builder.apply(path, before);
    }
  }
  builder.inDefaults = false;
  builder.section = section;
}

/** A default that is none today. */
const EMPTY_TODAY = 'sieve_env_location_ms/sieve_max_cpu_time';

/** `service/imap/unix_listener/imap-master`, `passdb_ldap`. */
function findFilter(tree: FilterTree, parent: Filter, path: ByteString): Filter | undefined {
  const [first = '', second = '', ...rest] = path.split('/');
  const isList = tree.table.findSetting(first)?.type === 'list_filter';
  const mask = { name: isList ? `${first}/${second}` : first, isList };
  const found = tree.find(parent, mask, true);
  const below = isList ? rest : path.split('/').slice(1);
  return found === undefined || below.length === 0 ? found : findFilter(tree, found, below.join('/'));
}
