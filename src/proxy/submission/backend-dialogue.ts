import type { ByteString } from '../../../grammar/bytes.js';
import { type BackendClientSide, LineDialogue } from '../line-dialogue.js';
import type { ProxyFailureClass } from '../login-decision.js';
import { parseAuthority } from '../referral-authority.js';
import { sanitize } from '../sanitize.js';
import type { BackendExchange } from '../sasl/backend-exchange.js';
import { decodeBase64, encodeBase64 } from '../sasl/sasl-server.js';
import { type GreetingFacts, MAX_LINE, xclientCommands } from './backend-xclient.js';
import { PROXY_FAILED } from './replies.js';

/** What the dialogue needs of the client's side. */
export interface SubmissionClientSide extends BackendClientSide {
  readonly greeting: GreetingFacts;
  readonly hostname: ByteString;
}

type State = 'banner' | 'ehlo' | 'starttls' | 'tls-ehlo' | 'xclient' | 'xclient-ehlo' | 'authenticate';

/** One line of a reply, taken apart. */
interface ReplyLine {
  readonly status: number;
  readonly last: boolean;
  readonly text: ByteString;
  readonly enhanced: ByteString | null;
}

/** Logs in at a submission backend. Dovecot submission-login/submission-proxy.c; RFC 4954 */
export class SubmissionBackendDialogue extends LineDialogue<SubmissionClientSide> {
  #state: State = 'banner';
  #capabilities = new Set<'STARTTLS' | 'AUTH' | 'ENHANCEDSTATUSCODES'>();
  /** Parameters of XCLIENT; null = not offered. */
  #xclient: readonly ByteString[] | null = null;
  #xclientReplies = 0;
  /** Status of a reply whose last line is to come. */
  #pendingStatus: number | null = null;
  #reply: ByteString[] = [];
  /** An initial response that was too long for the command's line. */
  /** The backend says that it closes the connection, and this is passed on as the last word. */
  #closing = false;
  #initial: ByteString | null = null;

  override reset(): void {
    this.#state = 'banner';
    this.#forgetCapabilities();
    this.#pendingStatus = null;
    this.#reply = [];
    this.exchange = null;
    this.#initial = null;
    this.#closing = false;
  }

  override state(): ByteString {
    return this.#state;
  }

  override failed(failure: ProxyFailureClass): void {
    const isOwn = failure === 'auth_tempfail' || (failure === 'auth' && this.#closing);
    const forwarded = isOwn && this.#reply.length > 0;
    if (forwarded) this.side.reply(this.#reply.join('\r\n'));
    else if (failure !== 'auth') this.side.reply(PROXY_FAILED);
    this.side.loginFailed();
  }

  #sendEhlo(): void {
    this.send(`EHLO ${this.side.hostname}`);
  }

  #forgetCapabilities(): void {
    this.#capabilities = new Set();
    this.#xclient = null;
  }

  override line(line: ByteString): void {
    const reply = this.#parse(line);
    const status = reply?.status ?? 0;
    if (this.#pendingStatus !== null && this.#pendingStatus !== status) {
      const shown = sanitize(line, 160, this.client.series);
      this.fail('protocol', `Inconsistent SMTP reply: ${shown} (status != ${this.#pendingStatus})`);
      return;
    }
    const last = line.charAt(3) === ' ';
    this.#pendingStatus = last || status === 0 ? null : status;
    switch (this.#state) {
      case 'banner':
        if (status !== 220) {
          this.fail('protocol', `Invalid banner: ${sanitize(line, 160, this.client.series)}`);
        } else if (last) {
          this.#state = 'ehlo';
          this.#sendEhlo();
        }
        break;
      case 'ehlo':
      case 'tls-ehlo':
      case 'xclient-ehlo':
        if (reply === null || Math.floor(status / 100) !== 2)
          this.fail('protocol', `Invalid EHLO line: ${sanitize(line, 160, this.client.series)}`);
        else this.#ehloLine(reply, this.#state);
        break;
      case 'starttls':
        if (status !== 220)
          this.fail('remote', `STARTTLS failed: ${sanitize(line, 160, this.client.series)}`);
        else if (last) this.#startTls();
        break;
      case 'xclient':
        if (Math.floor(status / 100) !== 2)
          this.fail('remote', `XCLIENT failed: ${sanitize(line, 160, this.client.series)}`);
        else if (last) this.#xclientReply();
        break;
      case 'authenticate':
        if (reply === null)
          this.fail('protocol', `Invalid AUTH reply: ${sanitize(line, 160, this.client.series)}`);
        else this.#authReply(reply, line);
        break;
    }
  }

  #parse(line: ByteString): ReplyLine | null {
    const match = /^(\d{3})([ -])(.*)$/s.exec(line);
    const status = Number(match?.[1]);
    if (match === null || status < 200 || status >= 560) return null;
    const text = match[3] ?? '';
    const coded = this.#capabilities.has('ENHANCEDSTATUSCODES')
      ? /^([245]\.\d{0,3}\.\d{0,3}) (.*)$/s.exec(text)
      : null;
    return {
      status,
      last: match[2] === ' ',
      text: coded?.[2] ?? text,
      enhanced: coded?.[1] ?? null,
    };
  }

  #ehloLine({ text, last }: ReplyLine, state: 'ehlo' | 'tls-ehlo' | 'xclient-ehlo'): void {
    if (/^XCLIENT /i.test(text)) {
      const names = text.slice('XCLIENT '.length).split(' ');
      this.#xclient = names.map((name) => name.toUpperCase());
    } else if (/^STARTTLS$/i.test(text)) {
      this.#capabilities.add('STARTTLS');
    } else if (/^AUTH ./is.test(text)) {
      this.#capabilities.add('AUTH');
    } else if (/^ENHANCEDSTATUSCODES$/i.test(text)) {
      this.#capabilities.add('ENHANCEDSTATUSCODES');
    }
    if (last) this.#afterEhlo(state);
  }

  #afterEhlo(state: 'ehlo' | 'tls-ehlo' | 'xclient-ehlo'): void {
    if (state === 'ehlo' && this.destination.tls === 'starttls') {
      if (this.#capabilities.has('STARTTLS')) {
        this.#state = 'starttls';
        this.send('STARTTLS');
      } else {
        this.fail('remote_config', 'STARTTLS not supported');
      }
      return;
    }
    if (state !== 'xclient-ehlo' && this.#xclient !== null && !this.destination.notTrusted) {
      this.#sendXclient(this.#xclient);
      return;
    }
    if (this.destination.noAuth) this.side.loggedIn('235 2.7.0 Logged in.');
    else this.#sendLogin();
  }

  #sendXclient(known: readonly ByteString[]): void {
    const commands = xclientCommands(this.client, this.destination, known, this.side.greeting);
    for (const command of commands) this.send(command);
    this.#xclientReplies = commands.length;
    this.#state = 'xclient';
    this.#forgetCapabilities();
    this.#sendEhlo();
  }

  #xclientReply(): void {
    this.#xclientReplies -= 1;
    if (this.#xclientReplies === 0) this.#state = 'xclient-ehlo';
  }

  #startTls(): void {
    this.beginTls();
    this.#forgetCapabilities();
    this.#state = 'tls-ehlo';
    this.#sendEhlo();
  }

  #sendLogin(): void {
    if (!this.#capabilities.has('AUTH')) {
      this.fail('remote_config', 'Authentication support not advertised (TLS required?)');
      return;
    }
    const first = this.firstResponse();
    if (first === null) return;
    this.#state = 'authenticate';
    const encoded = encodeBase64(first.response);
    // A response that makes the line too long has to wait for the server. RFC 4954 4
    const fits = 'AUTH '.length + first.mechanism.length + 1 + encoded.length <= MAX_LINE;
    if (encoded === '') this.send(`AUTH ${first.mechanism} =`);
    else if (fits) this.send(`AUTH ${first.mechanism} ${encoded}`);
    else {
      this.#initial = encoded;
      this.send(`AUTH ${first.mechanism}`);
    }
  }

  #authReply(reply: ReplyLine, line: ByteString): void {
    if (reply.status === 334 && this.exchange !== null) {
      this.#challenge(this.exchange, reply);
      return;
    }
    this.#reply.push(line);
    if (!reply.last) return;
    switch (Math.floor(reply.status / 100)) {
      case 2:
        this.side.loggedIn(this.#reply.join('\r\n'));
        break;
      case 4:
        // 2.3 tries no second time where the backend closes. observed 2.3.19.1
        this.#closing = reply.status === 421 && this.client.series === '2.3';
        this.fail(this.#closing ? 'auth' : 'auth_tempfail', reply.text);
        break;
      default:
        this.#refused(reply);
    }
  }

  #challenge(exchange: BackendExchange, { text, last }: ReplyLine): void {
    if (!last) {
      this.fail(
        'protocol',
        `Server returned multi-line challenge: 334 ${sanitize(text, 1024, this.client.series)}`,
      );
      return;
    }
    if (this.#initial !== null) {
      if (text === '') this.send(this.#initial);
      else
        this.fail(
          'protocol',
          `Server sent unexpected server-first challenge: 334 ${sanitize(text, 1024, this.client.series)}`,
        );
      this.#initial = null;
      return;
    }
    const challenge = decodeBase64(text);
    if (challenge === null) {
      this.fail('protocol', 'Invalid base64 data in AUTH response');
      return;
    }
    const answer = exchange.next(challenge);
    if (answer.kind === 'failed') this.fail('protocol', answer.reason);
    else this.send(encodeBase64(answer.data));
  }

  #refused({ status, enhanced, text }: ReplyLine): void {
    if (this.client.series === '2.4' && status === 550 && enhanced === '5.2.900') {
      // An address in front of it is part of replies to RCPT. Dovecot 2.4.1 lib-smtp/smtp-dovecot.c
      const authority = parseAuthority(text.replace(/^<[^ ]*> /, ''));
      if (authority !== null && (authority.rest === '' || authority.rest.startsWith(' ')))
        this.redirect(authority.target);
      else {
        this.#reply = [];
        this.fail('auth_tempfail', 'Temporary internal proxy error');
      }
      return;
    }
    this.side.reply(this.#reply.join('\r\n'));
    this.fail('auth', text);
  }
}
