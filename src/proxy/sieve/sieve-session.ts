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
import { parseArguments, type SieveArgument, sieveString } from './arguments.js';
import { SieveBackendDialogue } from './backend-dialogue.js';
import { loginRefusal, no, proxyRefusal, referralReply } from './replies.js';

/** Dovecot pigeonhole managesieve-login/client.c CLIENT_MAX_BAD_COMMANDS */
const MAX_BAD_COMMANDS = 3;
/** Dovecot client-common.h LOGIN_MAX_AUTH_BUF_SIZE */
const MAX_RESPONSE = 8192;
/** A command with the longest response. */
const INPUT_LIMIT = MAX_RESPONSE + 1026;
/** Commands that take no argument. */
const WITHOUT_ARGUMENTS = ['CAPABILITY', 'STARTTLS', 'LOGOUT'];

/** One ManageSieve connection. Dovecot pigeonhole managesieve-login/client.c; RFC 5804 */
export class SieveSession extends LoginSession {
  protected readonly input = new ClientInput(INPUT_LIMIT);
  #badCommands = 0;

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
    this.#reply(referralReply(referral));
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
    this.input.forgetLine();
  }

  /** A line is there as a whole or not at all. */
  #line(start: number): readonly SieveArgument[] | 'invalid' | null {
    const { buffer } = this.input;
    const parsed = parseArguments(buffer.slice(0, buffer.length), start);
    if (parsed.kind === 'more') return null;
    buffer.skip(parsed.end);
    return parsed.kind === 'line' ? parsed.arguments : 'invalid';
  }

  protected command(): boolean {
    const { buffer } = this.input;
    let end = 0;
    while (end < buffer.length && !/[ \r\n]/.test(buffer.at(end))) end += 1;
    if (end === buffer.length) return false;
    const name = buffer.slice(0, end).toUpperCase();
    const parameters = this.#line(end);
    if (parameters === null) return false;
    if (parameters === 'invalid' || !this.#execute(name, parameters)) this.#bad();
    return true;
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
      case 'AUTHENTICATE':
        return this.#authenticate(parameters);
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

  #authenticate([mechanism, initial, ...more]: readonly SieveArgument[]): boolean {
    if (mechanism?.kind !== 'string' || mechanism.text === '') return false;
    if (more.length > 0 || initial?.kind === 'atom') {
      this.#reply(no('Invalid AUTHENTICATE initial response.'));
      return true;
    }
    // An empty string is an empty response, not none.
    const response = initial === undefined ? '' : initial.text === '' ? '=' : initial.text;
    this.beginLogin(() => this.login.authenticate(mechanism.text, response));
    return true;
  }

  /** Responses are strings here. Dovecot pigeonhole managesieve_client_auth_read_response */
  protected override saslLine(): boolean {
    const parameters = this.#line(0);
    if (parameters === null) return false;
    const [response, ...more] = parameters === 'invalid' ? [] : parameters;
    if (response?.kind === 'string' && more.length === 0) {
      this.login.saslLine(response.text);
      return true;
    }
    const empty = parameters !== 'invalid' && response === undefined;
    this.login.fail(
      empty ? 'Received empty AUTHENTICATE client response line.' : 'Invalid AUTHENTICATE client response.',
    );
    this.backToCommands();
    return true;
  }
}
