import type { ByteString } from '../../grammar/bytes.js';

/** Does the event filter of log_debug take events of category auth: `category=auth OR ...`. Negations are not read. */
export function wantsAuthEvents(filter: ByteString): boolean {
  return /(^|[\s(])category\s*=\s*"?auth"?($|[\s)])/.test(filter);
}
