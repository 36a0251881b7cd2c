import type { ByteString } from '../../../grammar/bytes.js';
import type { Referral } from '../login-attempt.js';
import type { LoginClient } from '../login-client.js';
import type { LoginResult } from '../login-result.js';
import { formatAuthority } from '../referral-authority.js';
import type { SubmissionSettings } from './submission-settings.js';

export const PROXY_FAILED = '454 4.7.0 Account is temporarily unavailable.';

/** The answer to a login that is refused. RFC 4954 4, 6; Dovecot submission-login/client-authenticate.c */
export function loginRefusal(result: LoginResult, text: ByteString): ByteString {
  switch (result) {
    case 'temp_fail':
      return `454 4.7.0 ${text}`;
    case 'aborted':
    case 'invalid_base64':
      return `501 5.5.2 ${text}`;
    case 'ssl_required':
      return `530 5.7.0 ${text}`;
    case 'mech_ssl_required':
      return `523 5.7.10 ${text}`;
    case 'mech_invalid':
      return `504 5.5.4 ${text}`;
    case 'login_disabled':
      return `525 5.7.13 ${text}`;
    case 'auth_failed':
    case 'auth_failed_reason':
    case 'authz_failed':
    case 'pass_expired':
      return `535 5.7.8 ${text}`;
  }
}

/** 2.3 has no referral here. Dovecot 2.4.1 lib-smtp/smtp-dovecot.c smtp_server_reply_redirect */
export function referralReply(client: LoginClient, { user, host, port, reason }: Referral): ByteString {
  if (client.series === '2.3') return `535 5.7.8 ${reason}`;
  return `550 5.2.900 ${formatAuthority(user, host, port)} Referral`;
}

export interface EhloFacts {
  readonly canStartTls: boolean;
  readonly offersAuth: boolean;
  readonly mechanisms: readonly ByteString[];
}

/** The capabilities that EHLO lists, in order. Dovecot submission-login/client-authenticate.c cmd_helo_reply */
export function ehloCapabilities(
  client: LoginClient,
  settings: SubmissionSettings,
  facts: EhloFacts,
): ByteString[] {
  const backend = settings.backendCapabilities ?? ['8BITMIME'];
  const has = (name: string) =>
    backend.includes(name) || (name === 'CHUNKING' && backend.includes('BINARYMIME'));
  const offered = (name: string) => !settings.exoticBackend || has(name);
  const lines: ByteString[] = [];
  const add = (when: boolean, line: ByteString) => {
    if (when) lines.push(line);
  };
  add(has('8BITMIME'), '8BITMIME');
  add(facts.offersAuth, `AUTH ${facts.mechanisms.join(' ')}`);
  add(has('BINARYMIME'), 'BINARYMIME');
  add(offered('BURL'), 'BURL imap');
  add(offered('CHUNKING'), 'CHUNKING');
  add(has('DSN'), 'DSN');
  add(offered('ENHANCEDSTATUSCODES'), 'ENHANCEDSTATUSCODES');
  if (settings.maxMailSize > 0) lines.push(`SIZE ${settings.maxMailSize}`);
  else add(offered('SIZE'), 'SIZE');
  add(facts.canStartTls, 'STARTTLS');
  add(offered('PIPELINING'), 'PIPELINING');
  add(has('VRFY'), 'VRFY');
  add(client.trusted, `XCLIENT ${xclientFields(client)}`);
  return lines;
}

function xclientFields(client: LoginClient): ByteString {
  return client.series === '2.3'
    ? 'ADDR PORT PROTO HELO LOGIN SESSION TTL TIMEOUT FORWARD'
    : 'ADDR PORT PROTO HELO LOGIN SESSION CLIENT-TRANSPORT TTL TIMEOUT DESTNAME FORWARD';
}

/** One reply of several lines. */
export function multiline(status: string, lines: readonly ByteString[]): ByteString {
  return lines.map((line, index) => `${status}${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
}
