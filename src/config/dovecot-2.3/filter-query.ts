import type { ByteString } from '../../../grammar/bytes.js';
import type { HostLookup } from '../host.js';
import { networkOf } from '../host-names.js';
import type { FilterQuery } from './filter.js';

/** `-f` arguments; text: Dovecot's complaint. */
export function filterQuery(
  args: readonly ByteString[],
  lookUp: HostLookup | undefined,
): { readonly query: FilterQuery } | ByteString {
  let query: FilterQuery = { service: null, local: null, remote: null, localName: null };
  for (const arg of args) {
    const equals = arg.indexOf('=');
    const key = equals === -1 ? arg : arg.slice(0, equals);
    const value = equals === -1 ? '' : arg.slice(equals + 1);
    switch (key) {
      case 'service':
      case 'protocol':
        query = { ...query, service: value };
        break;
      case 'lname':
        query = { ...query, localName: value };
        break;
      case 'local':
      case 'remote': {
        const network = networkOf(value, lookUp);
        if (!network.ok) return `${key} filter: ${network.error}`;
        query = { ...query, [key]: network.value.address };
        break;
      }
      default:
        return `Unknown filter argument: ${arg}`;
    }
  }
  return { query };
}
