import type { ByteString } from '../../../grammar/bytes.js';

/** What a client gets when its backend took the login. */
export interface LoginReply {
  /** A line before the answer. */
  readonly untagged: ByteString | null;
  /** The answer without its tag. */
  readonly tagged: ByteString;
}

/**
 * `rest` is what stands behind the backend's `OK `, `known` its capabilities as far as they were seen. A client that
 * asked for CAPABILITY gets them in a line of its own, others in the answer. Dovecot imap-proxy.c client_send_login_reply
 */
export function loginReply(
  rest: ByteString,
  known: ByteString | null,
  clientUsedCapability: boolean,
): LoginReply {
  const tagged = /^\[CAPABILITY ([^\]]*)/i.exec(rest);
  const capability = tagged?.[1] ?? known;
  if (clientUsedCapability) {
    return { untagged: capability === null ? null : `* CAPABILITY ${capability}`, tagged: `OK ${rest}` };
  }
  if (tagged !== null || capability === null) return { untagged: null, tagged: `OK ${rest}` };
  // Another response code gives way, but its bracket stays. observed 2.3.19.1 and 2.4.1
  const end = rest.indexOf(']');
  const text = !rest.startsWith('[') ? rest : end === -1 ? '' : rest.slice(end);
  return { untagged: null, tagged: `OK [CAPABILITY ${capability}] ${text}` };
}
