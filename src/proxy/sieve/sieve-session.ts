import type { ByteString } from '../../../grammar/bytes.js';
import { ClientInput } from '../client-input.js';
import type { Destination } from '../destination.js';
import type { AttachableDialogue, Referral } from '../login-attempt.js';
import type { ProxyFailureClass } from '../login-decision.js';
import type { LoginResult } from '../login-result.js';
import { offeredMechanisms } from '../login-rules.js';
import { type DisconnectCause, LoginSession, type LoginSessionOptions } from '../login-session.js';
import { encodeBase64 } from '../sasl/sasl-server.js';
import { applyXclient } from '../xclient.js';
import { parseArguments, parseResponse, type SieveArgument, sieveString } from './arguments.js';
import { SieveBackendDialogue } from './backend-dialogue.js';
import { loginRefusal, no, proxyRefusal, referralReply } from './replies.js';

/** Dovecot pigeonhole managesieve-login/client.c CLIENT_MAX_BAD_COMMANDS */
const MAX_BAD_COMMANDS = 3;
/** Dovecot client-common.h LOGIN_MAX_AUTH_BUF_SIZE */
const MAX_RESPONSE = 8192;
/** A command with the longest response, every character of it escaped. */
const INPUT_LIMIT = 2 * MAX_RESPONSE + 1026;
/** Dovecot client-common.h LOGIN_MAX_INBUF_SIZE */
const MAX_COMMAND = 1026;
const COMMANDS = ['AUTHENTICATE', 'CAPABILITY', 'STARTTLS', 'NOOP', 'LOGOUT', 'XCLIENT'];
/** Commands that take no argument. */
const WITHOUT_ARGUMENTS = ['CAPABILITY', 'STARTTLS', 'LOGOUT'];

type Response =
  | { readonly kind: 'none' }
  | { readonly kind: 'response'; readonly text: ByteString }
  | { readonly kind: 'error'; readonly error: ByteString | null }
  | { readonly kind: 'closed' };

/** One ManageSieve connection. Dovecot pigeonhole managesieve-login/client.c; RFC 5804 */
export class SieveSession extends LoginSession {
  protected readonly input = new ClientInput(INPUT_LIMIT);
  #badCommands = 0;
  /** The rest of a line is still to come that nobody wants. */
  #skipLine = false;

  constructor(options: LoginSessionOptions) {
    super('sieve', options);
  }

  #reply(line: ByteString): void {
    this.send(`${line}\r\n`);
  }

  protected refuse(result: LoginResult, text: ByteString): void {
    this.#reply(loginRefusal(result, text));
  }

  protected proxyFailed(failure: ProxyFailureClass): void {
    const refusal = proxyRefusal(failure, '');
    if (refusal !== null) this.#reply(refusal);
  }

  protected refer(referral: Referral): void {
    this.#reply(referralReply(this.client, referral));
  }

  protected challenge(data: ByteString): void {
    this.#reply(sieveString(encodeBase64(data)));
  }

  protected createDialogue(destination: Destination): AttachableDialogue {
    return new SieveBackendDialogue(this.client, destination, {
      reply: (line) => this.#reply(line),
      loggedIn: (line) => {
        this.#reply(line);
        this.login.succeeded();
      },
      loginFailed: () => this.backToCommands(),
    });
  }

  #capabilities(conclusion: ByteString): void {
    const { implementation, extensions, notifyMethods } = this.client.settings.sieve;
    const lines = [
      `"IMPLEMENTATION" "${implementation}"`,
      `"SIEVE" "${extensions}"`,
      `"NOTIFY" "${notifyMethods}"`,
      `"SASL" "${offeredMechanisms(this.client).join(' ')}"`,
    ];
    if (this.canStartTls) lines.push('"STARTTLS"');
    lines.push('"VERSION" "1.0"');
    if (this.client.trusted) lines.push('"XCLIENT"');
    this.#reply([...lines, `OK ${sieveString(conclusion)}`].join('\r\n'));
  }

  protected greet(): void {
    this.#capabilities(this.client.greeting);
  }

  protected override tlsStarted(): void {
    this.#capabilities('TLS negotiation successful.');
  }

  protected notify(text: ByteString, cause: DisconnectCause): void {
    const code = cause === 'shutdown' ? '(TRYLATER) ' : '';
    this.#reply(`BYE ${code}${sieveString(text)}`);
  }

  protected resetInput(): void {
    this.#skipLine = false;
    this.input.forgetLine();
  }

  /** Drops what is left of a line that is of no use; false where its end is still to come. */
  #skipped(): boolean {
    if (!this.#skipLine) return true;
    const { buffer } = this.input;
    const end = buffer.indexOf('\n');
    if (end === -1) {
      // 2.4 keeps what it skips until its end is there. observed 2.3.19.1 and 2.4.1
      if (this.client.series === '2.4') return this.#unfinished();
      buffer.takeAll();
      return false;
    }
    if (this.client.series === '2.4' && end >= MAX_COMMAND) {
      this.overflow();
      return false;
    }
    buffer.skip(end + 1);
    this.#skipLine = false;
    return true;
  }

  #skipRest(at: number): void {
    this.input.buffer.skip(at);
    this.#skipLine = true;
  }

  /** Only AUTHENTICATE may be longer than the buffer. */
  #unfinished(): boolean {
    if (this.input.buffer.length >= MAX_COMMAND) this.overflow();
    return false;
  }

  protected command(): boolean {
    if (!this.#skipped()) return false;
    const { buffer } = this.input;
    const { series } = this.client;
    const limit = Math.min(buffer.length, MAX_COMMAND);
    let end = 0;
    while (end < limit && !/[ \r\n]/.test(buffer.at(end))) end += 1;
    if (end === limit) return this.#unfinished();
    const name = buffer.slice(0, end).toUpperCase();
    if (!COMMANDS.includes(name)) {
      this.#skipRest(end);
      this.#bad();
      return true;
    }
    const count = name === 'AUTHENTICATE' ? 1 : undefined;
    const parsed = parseArguments(buffer.slice(0, limit), end, series, count);
    switch (parsed.kind) {
      case 'more':
        return this.#unfinished();
      case 'mistake':
        this.#skipRest(parsed.at);
        this.#reply(no(parsed.error));
        return true;
      case 'fatal':
        this.#reply(`BYE ${sieveString(parsed.error)}`);
        this.close(parsed.error);
        return true;
      case 'line':
        if (name === 'AUTHENTICATE') return this.#authenticate(parsed.arguments[0], parsed.end);
        buffer.skip(parsed.end);
        if (!this.#execute(name, parsed.arguments)) this.#bad();
        return true;
    }
  }

  #bad(): void {
    this.#badCommands += 1;
    if (this.#badCommands < MAX_BAD_COMMANDS) {
      this.#reply(no('Error in MANAGESIEVE command received by server.'));
      return;
    }
    this.#reply('BYE "Too many invalid MANAGESIEVE commands."');
    this.close('Too many invalid commands.');
  }

  /** False where it is none, or its arguments are not what it takes. */
  #execute(name: ByteString, parameters: readonly SieveArgument[]): boolean {
    if (WITHOUT_ARGUMENTS.includes(name) && parameters.length > 0) return false;
    switch (name) {
      case 'CAPABILITY':
        this.#capabilities('Capability completed.');
        return true;
      case 'STARTTLS':
        this.#startTls();
        return true;
      case 'NOOP':
        return this.#noop(parameters);
      case 'LOGOUT':
        this.#reply('OK "Logout completed."');
        this.closeLoggedOut();
        return true;
      case 'XCLIENT':
        return this.#xclient(parameters);
      default:
        return false;
    }
  }

  #noop([tag, ...more]: readonly SieveArgument[]): boolean {
    if (tag === undefined) this.#reply('OK "NOOP Completed"');
    else if (more.length > 0) return false;
    else if (tag.kind === 'string') this.#reply(`OK (TAG ${sieveString(tag.text)}) "Done"`);
    else this.#reply(no('Invalid echo tag.'));
    return true;
  }

  #startTls(): void {
    if (this.client.hasTls) {
      this.#reply(no('TLS is already active.'));
    } else if (this.client.tlsMode === 'no') {
      this.#reply(no("TLS support isn't enabled."));
    } else {
      this.#reply('OK "Begin TLS negotiation now."');
      this.startTls();
    }
  }

  #xclient(parameters: readonly SieveArgument[]): boolean {
    if (!this.client.trusted) {
      this.#reply(no('You are not from trusted IP'));
      return true;
    }
    const usable = parameters.every(({ kind }) => kind === 'atom');
    const valid = applyXclient(this.client, parameters.map(({ text }) => text).join(' '));
    if (!usable || !valid) return false;
    this.#reply('OK "Updated"');
    return true;
  }

  #authenticate(mechanism: SieveArgument | undefined, at: number): boolean {
    if (mechanism?.kind !== 'string' || mechanism.text === '') {
      this.input.buffer.skip(at);
      this.#skipLine = mechanism !== undefined;
      this.#bad();
      return true;
    }
    // As it is written: what ends before the response is there is logged with it.
    this.client.mechanism = mechanism.text;
    const response = this.#response(at);
    if (response === null) return false;
    switch (response.kind) {
      case 'closed':
        return true;
      case 'error':
        this.#reply(no(response.error ?? 'Invalid AUTHENTICATE initial response.'));
        return true;
      case 'none':
      case 'response': {
        // An empty string is an empty response, not none.
        const initial = response.kind === 'none' ? '' : response.text === '' ? '=' : response.text;
        this.beginLogin(() => this.login.authenticate(mechanism.text, initial));
        return true;
      }
    }
  }

  /** What the client says in a SASL exchange; null where more is to come. */
  #response(start: number): Response | null {
    const { buffer } = this.input;
    const parsed = parseResponse(buffer.slice(0, buffer.length), start, this.client.series);
    const length =
      parsed.kind === 'response' ? parsed.text.length : parsed.kind === 'more' ? parsed.length : 0;
    if (length > MAX_RESPONSE) {
      this.saslTooLarge();
      return { kind: 'closed' };
    }
    switch (parsed.kind) {
      case 'more':
        return null;
      case 'fatal':
        this.#reply(`BYE ${sieveString(parsed.error)}`);
        this.close(`parse error during auth: ${parsed.error}`);
        return { kind: 'closed' };
      case 'none':
        this.#skipRest(parsed.at);
        this.#skipped();
        return parsed;
      case 'response':
        if (this.#restIsLong(parsed.at)) return { kind: 'closed' };
        if (buffer.indexOf('\n', parsed.at) === -1) return null;
        this.#skipRest(parsed.at);
        this.#skipped();
        return parsed;
      case 'invalid':
        this.#skipRest(parsed.at);
        return { kind: 'error', error: null };
      case 'mistake':
        this.#skipRest(parsed.at);
        return { kind: 'error', error: parsed.error };
    }
  }

  /** Only the string itself may be longer than the buffer. */
  #restIsLong(at: number): boolean {
    const { buffer } = this.input;
    const end = buffer.indexOf('\n', at);
    const isLong = (end === -1 ? buffer.length : end) - at >= MAX_COMMAND;
    if (isLong) this.overflow();
    return isLong;
  }

  /** Responses are strings here. Dovecot pigeonhole managesieve_client_auth_parse_response */
  protected override saslLine(): boolean {
    if (!this.#skipped()) return false;
    const response = this.#response(0);
    if (response === null) return false;
    if (response.kind === 'closed') return true;
    if (response.kind === 'response') {
      this.login.saslLine(response.text);
      return true;
    }
    const error =
      response.kind === 'none' ? 'Received empty AUTHENTICATE client response line.' : response.error;
    this.login.fail(error ?? 'Invalid AUTHENTICATE client response.');
    this.backToCommands();
    return true;
  }
}
