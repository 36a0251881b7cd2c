import type { ByteString } from '../../../grammar/bytes.js';
import { LineDialogue } from '../line-dialogue.js';
import type { ProxyFailureClass } from '../login-decision.js';
import { sanitize } from '../sanitize.js';
import type { BackendExchange } from '../sasl/backend-exchange.js';
import { decodeBase64, encodeBase64 } from '../sasl/sasl-server.js';
import { xclientCommand } from '../xclient.js';
import { parseArguments, sieveString } from './arguments.js';
import { no, parseReferral, proxyRefusal } from './replies.js';

type State = 'none' | 'tls-start' | 'tls-ready' | 'xclient' | 'auth';

function isOk(line: ByteString): boolean {
  return /^OK( |$)/i.test(line);
}

/** Logs in at a ManageSieve backend. Dovecot pigeonhole managesieve-login/managesieve-proxy.c; RFC 5804 */
export class SieveBackendDialogue extends LineDialogue {
  #state: State = 'none';
  #capabilities = new Set<'SASL' | 'STARTTLS' | 'XCLIENT'>();

  override reset(): void {
    this.#state = 'none';
    this.#capabilities = new Set();
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
    switch (this.#state) {
      case 'none':
      case 'tls-ready':
        this.#capabilityLine(line, this.#state);
        break;
      case 'tls-start':
        if (isOk(line)) this.#startTls();
        else this.fail('remote', 'Remote refused STARTTLS command');
        break;
      case 'xclient':
        if (isOk(line)) this.#sendLogin();
        else this.fail('remote', `Remote XCLIENT failed: ${sanitize(line, 160, this.client.series)}`);
        break;
      case 'auth':
        if (line.startsWith('"') && this.exchange !== null) this.#challenge(this.exchange, line);
        else if (isOk(line)) this.side.loggedIn(line);
        else this.#refused(line);
        break;
    }
  }

  /** A capability, or the answer behind the last one. */
  #capabilityLine(line: ByteString, state: 'none' | 'tls-ready'): void {
    const whole = `${line}\r\n`;
    const parsed = parseArguments(whole, 0, this.client.series, 2);
    if (parsed.kind === 'mistake' || parsed.kind === 'fatal') {
      const text = `Protocol parse error(-1) in capability/greeting line: ${parsed.error} (line=\`${whole}')`;
      this.fail('protocol', text);
      return;
    }
    const [first, second] = parsed.kind === 'line' ? parsed.arguments : [];
    if (first === undefined) {
      // Dovecot dies of a literal here.
      const shown = sanitize(whole, 160, this.client.series);
      this.fail('protocol', `Remote returned with invalid capability/greeting line: ${shown}`);
      return;
    }
    if (first.kind === 'string') {
      this.#learn(first.text.toUpperCase(), second?.kind === 'string' ? second.text : null);
      return;
    }
    const response = first.text.toUpperCase();
    if (response === 'OK') {
      this.#afterCapabilities(state);
    } else if (response !== 'NO' && response !== 'BYE') {
      this.fail('protocol', `Remote sent invalid response: ${sanitize(whole, 160, this.client.series)}`);
    } else if (state === 'none') {
      this.fail('protocol', 'Remote sent unexpected NO/BYE instead of capability response');
    } else {
      this.fail('remote', `Remote STARTTLS failed: ${sanitize(line, 160, this.client.series)}`);
    }
  }

  #learn(name: ByteString, value: ByteString | null): void {
    if (name === 'STARTTLS' || name === 'XCLIENT') this.#capabilities.add(name);
    if (name !== 'SASL') return;
    if (value === null) this.fail('protocol', 'Server returned erroneous SASL capability');
    else if (value !== '') this.#capabilities.add('SASL');
  }

  #afterCapabilities(state: 'none' | 'tls-ready'): void {
    if (state === 'none' && this.destination.tls === 'starttls') {
      if (!this.#capabilities.has('STARTTLS')) {
        this.fail('remote_config', "Remote doesn't support STARTTLS");
        return;
      }
      this.#state = 'tls-start';
      this.send('STARTTLS');
    } else if (this.#capabilities.has('XCLIENT')) {
      // Sent even with proxy_not_trusted. observed 2.3.19.1 and 2.4.1
      this.#state = 'xclient';
      this.send(xclientCommand(this.client, this.destination));
    } else {
      this.#sendLogin();
    }
  }

  #startTls(): void {
    this.beginTls();
    this.#capabilities.delete('SASL');
    this.#capabilities.delete('XCLIENT');
    this.#state = 'tls-ready';
  }

  #sendLogin(): void {
    if (!this.#capabilities.has('SASL')) {
      this.fail('remote_config', 'Server has disabled authentication (TLS required?)');
      return;
    }
    const first = this.firstResponse();
    if (first === null) return;
    this.#state = 'auth';
    const initial = first.response === '' ? '' : ` ${sieveString(encodeBase64(first.response))}`;
    this.send(`AUTHENTICATE ${sieveString(first.mechanism)}${initial}`);
  }

  #challenge(exchange: BackendExchange, line: ByteString): void {
    const whole = `${line}\r\n`;
    const parsed = parseArguments(whole, 0, this.client.series, 1);
    if (parsed.kind === 'mistake' || parsed.kind === 'fatal') {
      const text = `Protocol parse error(-1) int SASL challenge line: ${parsed.error} (line=\`${whole}')`;
      this.fail('protocol', text);
      return;
    }
    const [argument] = parsed.kind === 'line' ? parsed.arguments : [];
    if (argument?.kind !== 'string') {
      this.fail(
        'protocol',
        `Server sent invalid SASL challenge line: ${sanitize(whole, 160, this.client.series)}`,
      );
      return;
    }
    const challenge = decodeBase64(argument.text);
    if (challenge === null) {
      this.fail('protocol', 'Server sent invalid base64 data in AUTHENTICATE response');
      return;
    }
    const answer = exchange.next(challenge);
    if (answer.kind === 'failed')
      this.fail('protocol', answer.reason.replace(/^Invalid/, 'Server sent invalid'));
    else this.send(sieveString(encodeBase64(answer.data)));
  }

  /** The client never sees what the backend says: it could tell users apart. */
  #refused(line: ByteString): void {
    const { code, reason } = parseRefusal(line);
    if (code !== null && /^TRYLATER$/i.test(code)) {
      this.fail('auth_tempfail', reason);
      return;
    }
    const target = this.client.series === '2.4' && code !== null ? parseReferral(code) : null;
    if (target !== null) {
      this.redirect(target);
      return;
    }
    this.side.reply(no('Authentication failed.'));
    this.fail('auth', reason);
  }
}

/** Dovecot pigeonhole managesieve-proxy.c managesieve_proxy_parse_auth_reply */
function parseRefusal(line: ByteString): { readonly code: ByteString | null; readonly reason: ByteString } {
  if (!/^NO /i.test(line)) return { code: null, reason: line };
  const text = line.slice('NO '.length);
  const coded = text.startsWith('(') ? /^\((.*?)\) (.*)$/s.exec(text) : null;
  if (text.startsWith('(') && coded === null) return { code: null, reason: text };
  const parsed = parseArguments(`${coded?.[2] ?? text}\r\n`, 0, '2.4');
  const [argument] = parsed.kind === 'line' ? parsed.arguments : [];
  return { code: coded?.[1] ?? null, reason: argument?.kind === 'string' ? argument.text : text };
}
