import type { ByteString } from '../../../grammar/bytes.js';
import type { Destination } from '../destination.js';
import type { AttachableDialogue, Referral } from '../login-attempt.js';
import type { ProxyFailureClass } from '../login-decision.js';
import type { LoginResult } from '../login-result.js';
import { loginDisabled, offeredMechanisms } from '../login-rules.js';
import { LoginSession, type LoginSessionOptions } from '../login-session.js';
import { encodeBase64 } from '../sasl/sasl-server.js';
import { astring, type ImapArgument } from './argument-parser.js';
import { ImapBackendDialogue } from './backend-dialogue.js';
import { loginCapabilities } from './capability.js';
import { CommandReader } from './command-reader.js';
import { IdCommand, idReply } from './id-command.js';
import { loginRefusal, proxyRefusal } from './login-refusal.js';
import { loginReply } from './login-reply.js';
import { referralUrl } from './referral-url.js';

/** Dovecot imap-login-client.c CLIENT_MAX_BAD_COMMANDS */
const MAX_BAD_COMMANDS = 3;
const MISSING_TAG =
  "BAD First parameter in line is IMAP's command tag, not the command name. " +
  'Add that before the command, like: a login user pass';

/** One IMAP connection. Dovecot imap-login/imap-login-client.c; RFC 9051 6.1, 6.2 */
export class ImapSession extends LoginSession {
  protected readonly input: CommandReader;
  #id: IdCommand | null = null;
  #idSeen = false;
  #usedCapability = false;
  #badCommands = 0;

  constructor(options: LoginSessionOptions) {
    super('imap', options);
    this.input = new CommandReader(
      () => this.client.settings.login.imapLiteralMinus,
      () => this.send('+ OK\r\n'),
    );
  }

  #reply(text: ByteString): void {
    this.send(`${this.input.tag} ${text}\r\n`);
  }

  protected refuse(result: LoginResult, text: ByteString): void {
    this.#reply(loginRefusal(result, text));
  }

  protected proxyFailed(failure: ProxyFailureClass): void {
    const refusal = proxyRefusal(failure, '');
    if (refusal !== null) this.#reply(refusal);
  }

  protected refer({ user, host, port, reason }: Referral): void {
    this.#reply(`NO [REFERRAL ${referralUrl(user, this.client.mechanism, host, port)}] ${reason}`);
  }

  protected challenge(data: ByteString): void {
    this.send(`+ ${encodeBase64(data)}\r\n`);
  }

  protected override alertExposed(): void {
    const word = this.client.series === '2.3' ? 'Plaintext' : 'cleartext';
    this.send(
      `* BAD [ALERT] ${word} authentication not allowed without SSL/TLS, but your client did it anyway. ` +
        'If anyone was listening, the password was exposed.\r\n',
    );
  }

  protected createDialogue(destination: Destination): AttachableDialogue {
    return new ImapBackendDialogue(this.client, destination, {
      reply: (text) => this.#reply(text),
      untagged: (line) => this.send(`${line}\r\n`),
      loggedIn: (rest, capability) => this.#loggedIn(rest, capability),
      usedCapability: this.#usedCapability,
      loginFailed: () => this.backToCommands(),
    });
  }

  #loggedIn(rest: ByteString, known: ByteString | null): void {
    const reply = loginReply(rest, known, this.#usedCapability);
    if (reply.untagged !== null) this.send(`${reply.untagged}\r\n`);
    this.#reply(reply.tagged);
    this.login.succeeded();
  }

  #capabilities(): ByteString {
    return loginCapabilities(this.client.settings.login, {
      canStartTls: this.canStartTls,
      loginDisabled: loginDisabled(this.client),
      mechanisms: offeredMechanisms(this.client),
    });
  }

  protected greet(): void {
    this.send(`* OK [CAPABILITY ${this.#capabilities()}] ${this.client.greeting}\r\n`);
  }

  protected notify(text: ByteString): void {
    this.send(`* BYE ${text}\r\n`);
  }

  protected resetInput(): void {
    this.input.reset();
  }

  protected command(): boolean {
    if (this.#id !== null) return this.#continueId(this.#id);
    const step = this.input.next();
    // As it is written: what ends before the line does is logged with it.
    if (this.input.mechanism !== null) this.client.mechanism = this.input.mechanism;
    switch (step.kind) {
      case 'more':
        return false;
      case 'invalid':
        this.#invalid();
        return true;
      case 'syntax':
        this.#syntaxError(step.message, step.fatal);
        return true;
      case 'too_large':
        this.close('Authentication response too large');
        return true;
      case 'id':
        this.#id = new IdCommand(this.client, step.parser, !this.#idSeen);
        return true;
      case 'authenticate':
        this.beginLogin(() => this.login.authenticate(step.mechanism, step.initial));
        return true;
      case 'command':
        this.#execute(step.name.toUpperCase(), step.arguments);
        return true;
    }
  }

  #execute(name: ByteString, parameters: readonly ImapArgument[]): void {
    switch (name) {
      case 'LOGIN':
        this.#loginCommand(parameters);
        break;
      case 'CAPABILITY':
        // A client that asks knows nothing of the list in the greeting; after STARTTLS it has to ask.
        if (!this.client.startedTls) this.#usedCapability = true;
        this.send(`* CAPABILITY ${this.#capabilities()}\r\n`);
        this.#reply('OK Pre-login capabilities listed, post-login capabilities have more.');
        break;
      case 'STARTTLS':
        this.#startTls();
        break;
      case 'NOOP':
        this.#reply('OK NOOP completed.');
        break;
      case 'LOGOUT':
        this.send('* BYE Logging out\r\n');
        this.#reply('OK Logout completed.');
        this.closeLoggedOut();
        break;
      case 'ENABLE':
        this.send('* ENABLED\r\n');
        this.#reply('OK ENABLE ignored in non-authenticated state.');
        break;
      default:
        if (this.input.tag.toUpperCase() === 'LOGIN') this.#reply(MISSING_TAG);
        else this.#invalid();
    }
  }

  #loginCommand(parameters: readonly ImapArgument[]): void {
    const user = astring(parameters[0]);
    const password = astring(parameters[1]);
    if (user === null || password === null || parameters.length !== 2) {
      this.#invalid();
      return;
    }
    this.beginLogin(() => {
      if (this.login.checkCleartext(user, true)) this.login.plain(user, password);
    });
  }

  #invalid(): void {
    this.#badCommands += 1;
    if (this.#badCommands < MAX_BAD_COMMANDS) {
      this.#reply('BAD Error in IMAP command received by server.');
      return;
    }
    this.send('* BYE Too many invalid IMAP commands.\r\n');
    this.close('Too many invalid commands');
  }

  #syntaxError(message: ByteString, fatal: boolean): void {
    if (!fatal) {
      this.#reply(`BAD ${message}`);
      return;
    }
    this.send(`* BYE ${message}\r\n`);
    this.close(message);
  }

  #continueId(id: IdCommand): boolean {
    const step = id.step();
    if (step.kind === 'more') return false;
    this.#id = null;
    this.input.finish(true);
    switch (step.kind) {
      case 'invalid':
        this.#reply('BAD Invalid ID parameters');
        break;
      case 'syntax':
        this.#syntaxError(step.message, step.fatal);
        break;
      case 'done': {
        if (id.logText !== '') this.log('info', `ID sent: ${id.logText}`);
        this.#idSeen = true;
        this.send(`* ID ${idReply(this.client.settings.login)}\r\n`);
        const trusted = this.client.series === '2.4' && this.client.trusted ? 'Trusted ' : '';
        this.#reply(`OK ${trusted}ID completed.`);
        break;
      }
    }
    return true;
  }

  #startTls(): void {
    const { client } = this;
    if (client.hasTls) {
      this.#reply('BAD TLS is already active.');
      return;
    }
    if (client.tlsMode === 'no') {
      this.#reply("BAD TLS support isn't enabled.");
      return;
    }
    this.#reply('OK Begin TLS negotiation now.');
    this.startTls();
  }
}
