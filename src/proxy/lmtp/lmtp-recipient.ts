import type { ByteString } from '../../../grammar/bytes.js';
import { formatAddress, type SmtpAddress, sameAddress } from '../../config/smtp-address.js';
import { encodeXtext } from '../submission/smtp-text.js';
import type { BackendRecipient, Capabilities } from './backend-side.js';
import type { LmtpBackend } from './lmtp-backend.js';
import { formatOriginal, originalOf, type RcptParameters } from './parameters.js';
import {
  formatReply,
  forwardedReply,
  isSuccess,
  type LocalFailureClass,
  type RemoteReply,
  type SmtpReply,
} from './smtp-reply.js';

/** What a recipient tells the session. */
export interface RecipientSide {
  readonly verboseReplies: boolean;
  /** The answer to its RCPT; whole lines. */
  rcptAnswered(lines: ByteString, accepted: boolean): void;
  /** The answer to the message. */
  dataAnswered(lines: ByteString): void;
  logDelivery(reply: SmtpReply): void;
  /** 2.4: the backend named another one; true where it is followed or answered. */
  redirected(reply: RemoteReply): boolean;
}

const DETAILS: Readonly<Record<LocalFailureClass, string>> = {
  aborted: '',
  host_lookup: 'DNS lookup, ',
  connect: 'connect, ',
  lost: 'connection lost, ',
  closed: 'connection lost, ',
  bad_reply: 'bad reply, ',
  timed_out: 'timed out, ',
};

/** One recipient of a transaction that is proxied. Dovecot lmtp-proxy.c struct lmtp_proxy_recipient */
export class LmtpRecipient implements BackendRecipient {
  /** As the client named it. */
  readonly path: SmtpAddress;
  readonly sessionId: ByteString;
  readonly parameters: RcptParameters;
  readonly #side: RecipientSide;
  /** Set when the look-up has named them. */
  address: SmtpAddress;
  forward: ByteString | null = null;
  backend: LmtpBackend | null = null;

  constructor(path: SmtpAddress, parameters: RcptParameters, sessionId: ByteString, side: RecipientSide) {
    this.path = path;
    this.address = path;
    this.parameters = parameters;
    this.sessionId = sessionId;
    this.#side = side;
  }

  get pathText(): ByteString {
    return formatAddress(this.path);
  }

  command(capabilities: Capabilities): ByteString {
    const { original } = this.parameters;
    let text = `RCPT TO:<${formatAddress(this.address)}>`;
    // An address that the passdb changed keeps its first name. Dovecot lmtp_proxy_rcpt_login_cb
    const known = original ?? (sameAddress(this.address, this.path) ? null : originalOf(this.path));
    if (known !== null) text += ` ${formatOriginal(known)}`;
    if (this.forward !== null && capabilities.has('XRCPTFORWARD'))
      text += ` XRCPTFORWARD=${encodeXtext(this.forward)}`;
    return text;
  }

  rcptReplied(reply: SmtpReply): void {
    if (isLost(reply)) {
      this.#side.rcptAnswered(this.#proxyFailed(reply), false);
      return;
    }
    const accepted = isSuccess(reply);
    if (!accepted && this.#side.redirected(reply)) return;
    const enhanced = reply.enhanced ?? (accepted ? '2.1.0' : `${Math.floor(reply.status / 100)}.0.0`);
    this.#side.rcptAnswered(forwardedReply({ ...reply, enhanced }, this.pathText, !accepted), accepted);
  }

  dataReplied(reply: SmtpReply): void {
    this.#side.logDelivery(reply);
    if (isLost(reply)) {
      this.#side.dataAnswered(this.#proxyFailed(reply));
      return;
    }
    const saved = isSuccess(reply);
    const enhanced = reply.enhanced ?? (saved ? '2.0.0' : `${Math.floor(reply.status / 100)}.0.0`);
    // The proxy's own words for success. Dovecot lmtp_proxy_data_cb
    const told: RemoteReply = saved
      ? { kind: 'remote', status: 250, enhanced, lines: [`${this.sessionId} Saved`] }
      : { ...reply, enhanced };
    this.#side.dataAnswered(forwardedReply(told, this.pathText, true));
  }

  /** Dovecot lmtp-proxy.c lmtp_proxy_handle_connection_error */
  #proxyFailed(reply: SmtpReply): ByteString {
    const session = `session=${this.sessionId}`;
    if (this.#side.verboseReplies) {
      const text = reply.kind === 'local' ? reply.text : [String(reply.status), ...reply.lines].join(' ');
      return formatReply(451, '4.4.0', [`Proxy failed: ${text} (${session})`]);
    }
    const failure = reply.kind === 'local' ? reply.failure : 'closed';
    return formatReply(451, '4.4.0', [`Proxy failed (${DETAILS[failure]}${session})`]);
  }
}

/** 421 ends the connection, whatever it says. */
function isLost(
  reply: SmtpReply,
): reply is Exclude<SmtpReply, RemoteReply> | (RemoteReply & { status: 421 }) {
  return reply.kind === 'local' || reply.status === 421;
}
