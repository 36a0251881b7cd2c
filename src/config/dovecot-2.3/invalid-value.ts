import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { SectionNode } from './layer.js';
import type { ValueSetting } from './settings-table.js';

/** How `--lenient` reads a value that Dovecot refuses. */
export function lenientReading(node: SectionNode, definition: ValueSetting, value: ByteString): ByteString {
  // A userdb's word in a passdb: look-ups that found nothing yet go on, as `never` does.
  if (node.table.path === 'passdb' && definition.name === 'skip' && value === 'notfound') return 'never';
  return definition.default ?? '';
}

/** What an administrator reads of a refused value. */
export function invalidValueMessage(definition: ValueSetting, value: ByteString): string {
  const shown = toUtf8(value);
  const { name } = definition;
  switch (definition.type) {
    case 'bool':
      return `${name} is either yes or no, not "${shown}"`;
    case 'enum':
      return `"${shown}" is no value of ${name}: expected ${definition.allowed.join(', ')}`;
    case 'uint':
      return `${name} is a number from 0 to 4294967295, not "${shown}"`;
    case 'uint_oct':
      return `${name} is an octal number such as 0600, not "${shown}"`;
    case 'time':
    case 'time_msecs':
      return `${name} is a time with its unit such as 30 s or 5 mins, not "${shown}"`;
    case 'size':
      return `${name} is a size such as 10 M, not "${shown}"`;
    case 'in_port':
      return `${name} is a port from 0 to 65535, not "${shown}"`;
    case 'str':
    case 'str_vars':
      return `"${shown}" is no value of ${name}`;
  }
}

/** The argument is wrong, not the place of the filter. */
export function isWrongNetwork(error: ByteString): boolean {
  return error.startsWith('Invalid network') || error.startsWith('gethostbyname(');
}

export function filterMessage(key: ByteString, error: ByteString): string {
  return isWrongNetwork(error) ? `${toUtf8(error)} of ${toUtf8(key)}` : toUtf8(error);
}
