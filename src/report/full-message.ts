import { toUtf8 } from '../../grammar/bytes.js';
import type { Diagnostic } from '../check/diagnostic.js';

/** Message, Dovecot's words and the help as lines, for formats with one text a finding. */
export function fullMessage({ message, dovecot, help }: Diagnostic): string {
  const lines = [message];
  if (dovecot !== null) lines.push(`Dovecot: ${toUtf8(dovecot.message)}`);
  if (help !== '') lines.push(help);
  return lines.join('\n');
}
