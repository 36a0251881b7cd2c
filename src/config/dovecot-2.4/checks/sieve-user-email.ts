import type { ByteString } from '../../../../grammar/bytes.js';
import { parsePath } from '../../smtp-address.js';
import type { StructView } from './struct-view.js';

/** What is wrong with the address that Sieve scripts of a user send from. Pigeonhole 2.4.1 sieve-settings.c */
export function userEmailError(view: StructView, name: ByteString): ByteString | null {
  const written = view.written(name);
  const text = written.includes('%{') ? view.text(name) : written;
  if (text === '') return null;
  const parsed = parsePath(text, {
    series: '2.4',
    emptyAllowed: false,
    domainOptional: false,
    bracketsOptional: true,
    brokenAllowed: false,
  });
  if (parsed.kind === 'address' && parsed.rest === '') return null;
  const reason = parsed.kind === 'error' ? parsed.message : 'Invalid character in path';
  return `${name}: Invalid SMTP address '${text}': ${reason}`;
}
