import { escapeMysql, escapePgsql, escapeSqlite } from '../../variables/escape.js';
import type { Escape } from '../../variables/scope.js';
import type { SqlEngine } from './database.js';

/** How an engine's values are made safe between quotes. */
export function sqlEscape(engine: SqlEngine): Escape {
  switch (engine) {
    case 'mysql':
      return escapeMysql;
    case 'pgsql':
      return escapePgsql;
    case 'sqlite':
      return escapeSqlite;
  }
}
