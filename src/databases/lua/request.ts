import type { LookupContext } from '../../auth/driver.js';
import type { Series } from '../../knowledge/versions.js';
import { verifyPassword } from '../../passwords/verify-password.js';
import { LONG_TABLE_23, TABLE_24 } from '../../variables/auth-table.js';
import type { LuaRequest } from './script.js';

/** What a script may ask of a request. */
export function luaRequest(series: Series, context: LookupContext): LuaRequest {
  const names = series === '2.3' ? LONG_TABLE_23 : TABLE_24;
  return {
    variable(name) {
      if (!names.has(name)) return null;
      const expansion = context.expand(`%{${name}}`);
      return expansion.kind === 'ok' && expansion.text !== '' ? expansion.text : null;
    },
    expand(template) {
      const expansion = context.expand(template);
      if (expansion.kind === 'ok') return `V${expansion.text}`;
      // An unknown variable is no failure here. Dovecot 2.3.19.1 db-lua.c: auth_request_lua_do_var_expand
      return expansion.partial === undefined ? `E${expansion.message}` : `V${expansion.partial}`;
    },
    field: (name) => context.extraField(name),
    userdbField: (name) => context.userdbField?.(name) ?? null,
    async verify(stored, plaintext) {
      const verdict = await verifyPassword({
        series,
        stored,
        defaultScheme: 'PLAIN',
        plaintext,
        user: context.request.user,
        allowWeakSchemes: context.settings.allowWeakSchemes,
      });
      switch (verdict.kind) {
        case 'match':
          return '1 ';
        case 'mismatch':
          return '0 ';
        case 'unknown-scheme':
          return `0 ${verdict.message}`;
        default:
          return `-1 ${verdict.message}`;
      }
    },
  };
}
