/** Protocols whose clients log in before anything else. */
export type LoginProtocol = 'imap' | 'pop3' | 'submission' | 'sieve';

/** Names of the processes in the log. */
export const LOGIN_PROCESSES: Readonly<Record<LoginProtocol, string>> = {
  imap: 'imap-login',
  pop3: 'pop3-login',
  submission: 'submission-login',
  sieve: 'managesieve-login',
};

/** Protocols that can be served. */
export type ServedProtocol = LoginProtocol | 'lmtp';

export const LOGIN_PROTOCOLS: readonly LoginProtocol[] = ['imap', 'pop3', 'submission', 'sieve'];
export const SERVED_PROTOCOLS: readonly ServedProtocol[] = ['imap', 'pop3', 'lmtp', 'submission', 'sieve'];

/** The protocol of that name, or null where it is not served. */
export function servedProtocol(name: string): ServedProtocol | null {
  return SERVED_PROTOCOLS.find((protocol) => protocol === name) ?? null;
}
