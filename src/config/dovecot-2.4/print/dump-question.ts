import type { ByteString } from '../../../../grammar/bytes.js';
import type { HostLookup } from '../../host.js';
import { Refused } from '../builder.js';
import { Filter, type FilterMask } from '../filter.js';
import { connectionMask } from '../section-opening.js';
import type { SettingsTable } from '../settings-table.js';

/** `-f` arguments as a question; text: what doveconf says against them. */
export function dumpQuestion(
  table: SettingsTable,
  filters: readonly ByteString[],
  lookUp: HostLookup | undefined,
): FilterMask | null | ByteString {
  if (filters.length === 0) return null;
  let question: FilterMask = {};
  const outermost = new Filter(table, {}, null, false, 0, null);
  for (const argument of filters) {
    const equals = argument.indexOf('=');
    if (equals === -1) return '-f parameters must be in key=value format';
    const key = argument.slice(0, equals);
    const value = argument.slice(equals + 1);
    try {
      const mask = connectionMask(outermost, key, value, lookUp);
      if (mask === null) return `-f ${key}: Unknown filter key`;
      question = { ...question, ...mask };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return `-f ${key}=${value}: ${error.message}`;
    }
  }
  return question;
}
