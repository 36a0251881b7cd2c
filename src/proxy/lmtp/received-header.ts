import type { ByteString } from '../../../grammar/bytes.js';

export interface ReceivedFacts {
  /** null: the client's greeting was no domain. */
  readonly helo: ByteString | null;
  readonly remoteIp: string;
  /** `TLSv1.3 with cipher ...`; '' without TLS. */
  readonly security: ByteString;
  readonly hostname: ByteString;
  readonly tls: boolean;
  readonly id: ByteString;
  readonly sender: ByteString;
  /** Named where it is the only one. */
  readonly recipient: ByteString | null;
  readonly atMs: number;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 5322 3.3 in local time. */
function messageDate(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  const day = `${DAYS[date.getDay()]}, ${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

/** Dovecot lib-smtp/smtp-server-transaction.c smtp_server_transaction_write_trace_record */
export function receivedHeader(facts: ReceivedFacts): ByteString {
  const from = facts.remoteIp === '' ? '' : ` ([${facts.remoteIp}])`;
  const using = facts.security === '' ? '' : `\r\n\t(using ${facts.security})`;
  const recipient = facts.recipient === null ? '' : `\r\n\tfor <${facts.recipient}>`;
  return (
    `Received: from ${facts.helo ?? 'unknown'}${from}${using}\r\n` +
    `\tby ${facts.hostname} with LMTP${facts.tls ? 'S' : ''}\r\n` +
    `\tid ${facts.id}\r\n\t(envelope-from <${facts.sender}>)${recipient}; ${messageDate(facts.atMs)}\r\n`
  );
}
