import type { ByteString } from '../../../grammar/bytes.js';

/** A reply of a server, or what stands for one where none came. */
export type SmtpReply = RemoteReply | LocalFailure;

export interface RemoteReply {
  readonly kind: 'remote';
  readonly status: number;
  /** `5.1.1`; null where the server gave none. */
  readonly enhanced: ByteString | null;
  /** At least one, without the code. */
  readonly lines: readonly ByteString[];
}

/** Why there is no reply. Dovecot lib-smtp/smtp-client.h smtp_client_command_error */
export type LocalFailureClass =
  | 'aborted'
  | 'host_lookup'
  | 'connect'
  | 'lost'
  | 'closed'
  | 'bad_reply'
  | 'timed_out';

interface LocalFailure {
  readonly kind: 'local';
  readonly failure: LocalFailureClass;
  /** What a user may know. */
  readonly text: ByteString;
}

export function isSuccess(reply: SmtpReply): boolean {
  return reply.kind === 'remote' && Math.floor(reply.status / 100) === 2;
}

/** As log lines show it. Dovecot lib-smtp/smtp-reply.c smtp_reply_log */
export function replyLogText(reply: SmtpReply): ByteString {
  if (reply.kind === 'local') return reply.text;
  const code = reply.enhanced === null ? String(reply.status) : `${reply.status} ${reply.enhanced}`;
  return [code, ...reply.lines].join(' ');
}

/**
 * A backend's reply as the client gets it: its path replaced by the client's, or put in front where there is none and
 * `addPath` says so. Dovecot lib-smtp/smtp-server-reply.c smtp_server_reply_replace_path
 */
export function forwardedReply(
  { status, enhanced, lines }: RemoteReply,
  path: ByteString,
  addPath: boolean,
): ByteString {
  const [first = '', ...more] = lines;
  const given = /^<[^>]*>(?= |$)/.exec(first);
  const text =
    given !== null ? `<${path}>${first.slice(given[0].length)}` : addPath ? `<${path}> ${first}` : first;
  return formatReply(status, enhanced ?? '', [text, ...more]);
}

export function formatReply(status: number, enhanced: ByteString, lines: readonly ByteString[]): ByteString {
  const code = enhanced === '' ? '' : `${enhanced} `;
  return lines
    .map((line, index) => `${status}${index === lines.length - 1 ? ' ' : '-'}${code}${line}\r\n`)
    .join('');
}
