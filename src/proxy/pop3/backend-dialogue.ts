import type { ByteString } from '../../../grammar/bytes.js';
import { LineDialogue } from '../line-dialogue.js';
import type { ProxyFailureClass } from '../login-decision.js';
import { sanitize } from '../sanitize.js';
import type { BackendExchange } from '../sasl/backend-exchange.js';
import { decodeBase64, encodeBase64 } from '../sasl/sasl-server.js';
import { xclientCommand } from '../xclient.js';
import { parseReferral, proxyRefusal } from './replies.js';

type State = 'banner' | 'starttls' | 'xclient' | 'login1' | 'login2';

/** Logs in at a POP3 backend. Dovecot pop3-login/pop3-proxy.c */
export class Pop3BackendDialogue extends LineDialogue {
  #state: State = 'banner';
  /** The greeting said that XCLIENT is welcome: no CAPA is needed. */
  #trusting = false;

  override reset(): void {
    this.#state = 'banner';
    this.#trusting = false;
    this.exchange = null;
  }

  override state(): ByteString {
    return this.#state;
  }

  override failed(failure: ProxyFailureClass, reason: ByteString): void {
    const refusal = proxyRefusal(failure, reason);
    if (refusal !== null) this.side.reply(refusal);
    this.side.loginFailed();
  }

  override line(line: ByteString): void {
    const accepted = line.startsWith('+OK');
    switch (this.#state) {
      case 'banner':
        if (accepted) this.#banner(line.slice(3));
        else this.fail('protocol', `Invalid banner: ${sanitize(line, 160, this.client.series)}`);
        return;
      case 'starttls':
        if (!accepted) {
          this.fail('remote', `STLS failed: ${sanitize(line, 160, this.client.series)}`);
          return;
        }
        this.beginTls();
        this.#sendLogin();
        return;
      case 'xclient':
        if (accepted) this.#state = this.exchange === null ? 'login1' : 'login2';
        else this.fail('remote', `XCLIENT failed: ${sanitize(line, 160, this.client.series)}`);
        return;
      case 'login1':
        if (!accepted) break;
        this.#state = 'login2';
        this.send(`PASS ${this.destination.password ?? ''}`);
        return;
      case 'login2':
        if (line.startsWith('+ ') && this.exchange !== null) {
          this.#challenge(this.exchange, line.slice(2));
          return;
        }
        if (!accepted) break;
        this.side.loggedIn(line);
        return;
    }
    this.#refused(line);
  }

  #banner(rest: ByteString): void {
    this.#trusting = rest.startsWith(' [XCLIENT]');
    if (this.destination.tls !== 'starttls') {
      this.#sendLogin();
      return;
    }
    this.#state = 'starttls';
    this.send('STLS');
  }

  #sendLogin(): void {
    const announced = this.#trusting && !this.destination.notTrusted;
    if (announced) this.send(xclientCommand(this.client, this.destination));
    if (this.destination.mechanism === null) {
      this.#state = announced ? 'xclient' : 'login1';
      this.send(`USER ${this.destination.user}`);
      return;
    }
    this.#state = announced ? 'xclient' : 'login2';
    const first = this.firstResponse();
    if (first === null) return;
    const initial = first.response === '' ? '=' : encodeBase64(first.response);
    this.send(`AUTH ${first.mechanism} ${initial}`);
  }

  #challenge(exchange: BackendExchange, encoded: ByteString): void {
    const challenge = decodeBase64(encoded);
    if (challenge === null) {
      this.fail('protocol', 'Invalid base64 data in AUTH response');
      return;
    }
    const answer = exchange.next(challenge);
    if (answer.kind === 'failed') this.fail('protocol', answer.reason);
    else this.send(encodeBase64(answer.data));
  }

  /** The backend's words go to the client as they are. */
  #refused(line: ByteString): void {
    const text = line.slice('-ERR '.length);
    if (!line.startsWith('-ERR ')) {
      this.side.reply('-ERR Authentication failed.');
      this.fail('auth', line);
    } else if (text.startsWith('[SYS/TEMP]')) {
      this.fail('auth_tempfail', text);
    } else {
      const target = this.client.series === '2.4' ? parseReferral(text) : null;
      if (target !== null) {
        this.redirect(target);
        return;
      }
      this.side.reply(line);
      this.fail('auth', text);
    }
  }
}
