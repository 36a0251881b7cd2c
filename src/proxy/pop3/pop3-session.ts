import type { ByteString } from '../../../grammar/bytes.js';
import { ClientInput } from '../client-input.js';
import type { Destination } from '../destination.js';
import type { AttachableDialogue, Referral } from '../login-attempt.js';
import { upperCase } from '../login-client.js';
import type { ProxyFailureClass } from '../login-decision.js';
import type { LoginResult } from '../login-result.js';
import { acceptsMechanism, offeredMechanisms } from '../login-rules.js';
import { LoginSession, type LoginSessionOptions } from '../login-session.js';
import { encodeBase64 } from '../sasl/sasl-server.js';
import { applyXclient } from '../xclient.js';
import { apopChallenge, apopResponse } from './apop.js';
import { Pop3BackendDialogue } from './backend-dialogue.js';
import { loginRefusal, proxyRefusal, referralReply } from './replies.js';

/** Dovecot pop3-login/client.c CLIENT_MAX_BAD_COMMANDS, CLIENT_MAX_CMD_LEN */
const MAX_BAD_COMMANDS = 3;
const MAX_NAME = 8;
/** Dovecot pop3-protocol.h POP3_CAPABILITY_REPLY */
const CAPABILITIES = ['CAPA', 'TOP', 'UIDL', 'RESP-CODES', 'PIPELINING', 'AUTH-RESP-CODE'];

/** One POP3 connection. Dovecot pop3-login/client.c; RFC 1939, RFC 5034 */
export class Pop3Session extends LoginSession {
  protected readonly input = new ClientInput();
  /** Name of the command whose arguments are awaited. */
  #name: ByteString | null = null;
  #mechanism: ByteString | null = null;
  /** From USER, for PASS. */
  #user: ByteString | null = null;
  #badCommands = 0;
  /** What APOP answers to; '' = it is not offered. */
  #challenge: ByteString = '';

  constructor(options: LoginSessionOptions) {
    super('pop3', options);
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
    this.#reply(this.client.series === '2.4' ? referralReply(referral) : `-ERR ${referral.reason}`);
  }

  protected challenge(data: ByteString): void {
    this.#reply(`+ ${encodeBase64(data)}`);
  }

  protected createDialogue(destination: Destination): AttachableDialogue {
    return new Pop3BackendDialogue(this.client, destination, {
      reply: (line) => this.#reply(line),
      loggedIn: (line) => {
        this.#reply(line);
        this.login.succeeded();
      },
      loginFailed: () => this.backToCommands(),
    });
  }

  protected greet(): void {
    const mark = this.client.trusted ? '[XCLIENT] ' : '';
    if (acceptsMechanism(this.client, 'APOP')) this.#challenge = apopChallenge(this.client.environment);
    const challenge = this.#challenge === '' ? '' : ` ${this.#challenge}`;
    this.#reply(`+OK ${mark}${this.client.greeting}${challenge}`);
  }

  protected notify(text: ByteString): void {
    this.#reply(`-ERR ${text}`);
  }

  protected resetInput(): void {
    this.#name = null;
    this.#mechanism = null;
    this.input.forgetLine();
  }

  protected command(): boolean {
    this.#name ??= this.#readName();
    if (this.#name === null) return false;
    if (this.#name === 'AUTH') return this.#auth();
    const parameters = this.input.line();
    if (parameters === null) return false;
    const name = this.#name;
    this.#name = null;
    if (this.#execute(name, parameters)) this.#badCommands = 0;
    else this.#bad();
    return true;
  }

  /** The name ends with a space, its line or its greatest length. Dovecot pop3-login/client.c client_read_cmd_name */
  #readName(): ByteString | null {
    const { buffer } = this.input;
    let name = '';
    for (let at = 0; at < buffer.length; at++) {
      const character = buffer.at(at);
      if (character === '\r') continue;
      if (character === ' ' || character === '\n' || character === '\0' || at >= MAX_NAME) {
        buffer.skip(character === ' ' ? at + 1 : at);
        return upperCase(name);
      }
      name += character;
    }
    return null;
  }

  #bad(): void {
    this.#badCommands += 1;
    if (this.#badCommands < MAX_BAD_COMMANDS) return;
    this.#reply('-ERR Too many invalid bad commands.');
    this.close('Disconnected: Too many bad commands');
  }

  /** False for a command that is not known. */
  #execute(name: ByteString, parameters: ByteString): boolean {
    switch (name) {
      case 'CAPA':
        this.#capabilities();
        return true;
      case 'USER':
        if (this.login.checkCleartext(parameters, false)) {
          this.#user = parameters;
          this.#reply('+OK');
        }
        return true;
      case 'PASS':
        this.#pass(parameters);
        return true;
      case 'APOP':
        this.#apop(parameters);
        return true;
      case 'STLS':
        this.#stls();
        return true;
      case 'QUIT':
        this.#reply('+OK Logging out');
        this.closeLoggedOut();
        return true;
      case 'XCLIENT':
        this.#xclient(parameters);
        return true;
      case 'XOIP':
        this.#xclient(`ADDR=${parameters}`);
        return true;
      default:
        this.#reply('-ERR Unknown command.');
        return false;
    }
  }

  #capabilities(): void {
    const sasl = ['SASL', ...offeredMechanisms(this.client)].join(' ');
    const lines = ['+OK', ...CAPABILITIES];
    if (this.canStartTls) lines.push('STLS');
    // Even where TLS is required. Dovecot pop3-login/client-authenticate.c cmd_capa
    if (this.client.secured || this.client.settings.login.allowCleartext) lines.push('USER');
    for (const line of [...lines, sasl, '.']) this.#reply(line);
  }

  #pass(password: ByteString): void {
    const user = this.#user;
    if (user === null) {
      if (this.login.checkCleartext(null, true)) this.#reply('-ERR No username given.');
      return;
    }
    this.#user = null;
    this.beginLogin(() => this.login.plain(user, password));
  }

  /** Dovecot pop3-login/client-authenticate.c cmd_apop */
  #apop(parameters: ByteString): void {
    const response = apopResponse(this.#challenge, parameters);
    if (response.kind === 'refused') {
      if (this.client.settings.login.authVerbose) this.log('info', `APOP failed: ${response.reason}`);
      this.#reply(`-ERR ${response.reason}.`);
      return;
    }
    this.beginLogin(() => this.login.authenticatePrivately('APOP', response.data));
  }

  #stls(): void {
    if (this.client.hasTls) {
      this.#reply('-ERR TLS is already active.');
    } else if (this.client.tlsMode === 'no') {
      this.#reply("-ERR TLS support isn't enabled.");
    } else {
      this.#reply('+OK Begin TLS negotiation now.');
      this.startTls();
    }
  }

  #xclient(parameters: ByteString): void {
    if (!this.client.trusted) this.#reply('+OK You are not from trusted IP - ignoring');
    else if (applyXclient(this.client, parameters)) this.#reply('+OK Updated');
    else this.#reply('-ERR Invalid parameters');
  }

  /** AUTH, whose line may be longer than the buffer. Dovecot pop3-login/client-authenticate.c cmd_auth */
  #auth(): boolean {
    const { buffer } = this.input;
    if (this.#mechanism === null) {
      let end = 0;
      while (end < buffer.length && !/[ \r\n]/.test(buffer.at(end))) end += 1;
      if (end === buffer.length) return false;
      if (end === 0) return this.#listMechanisms();
      this.#mechanism = buffer.slice(0, end);
      // As it is written: what ends before the line does is logged with it.
      this.client.mechanism = this.#mechanism;
      buffer.skip(buffer.at(end) === ' ' ? end + 1 : end);
      this.input.forgetLine();
    }
    const line = this.input.saslLine();
    if (line === null) return false;
    if (line === 'too_large') {
      this.close('Authentication response too large');
      return true;
    }
    const mechanism = this.#mechanism;
    this.#mechanism = null;
    this.#name = null;
    this.beginLogin(() => this.login.authenticate(mechanism, line.text));
    return true;
  }

  #listMechanisms(): boolean {
    if (this.input.line() === null) return false;
    this.#name = null;
    for (const line of ['+OK', ...offeredMechanisms(this.client), '.']) this.#reply(line);
    return true;
  }
}
