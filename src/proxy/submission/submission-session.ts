import type { ByteString } from '../../../grammar/bytes.js';
import { ClientInput } from '../client-input.js';
import type { Destination } from '../destination.js';
import type { AttachableDialogue, Referral } from '../login-attempt.js';
import type { LoginResult } from '../login-result.js';
import { offeredMechanisms } from '../login-rules.js';
import { type DisconnectCause, LoginSession, type LoginSessionOptions } from '../login-session.js';
import { encodeBase64 } from '../sasl/sasl-server.js';
import { SubmissionBackendDialogue } from './backend-dialogue.js';
import type { GreetingFacts } from './backend-xclient.js';
import { takeXclient } from './front-end.js';
import { ehloCapabilities, loginRefusal, multiline, PROXY_FAILED, referralReply } from './replies.js';
import { heloDomain, isParameterText, stringMistake } from './smtp-text.js';

/** Dovecot submission-login/client.c CLIENT_MAX_BAD_COMMANDS: consecutive ones */
const MAX_BAD_COMMANDS = 10;
/** Dovecot client-common.h LOGIN_MAX_INBUF_SIZE, lib-smtp/smtp-command-parser.c */
const MAX_PARAMETERS = 1026;
const MAX_NAME = 32;
/** Room for a longest command with its end. */
const INPUT_LIMIT = MAX_PARAMETERS + MAX_NAME + 3;
/** Replies that make a command a bad one. Dovecot lib-smtp/smtp-server-command.c */
const BAD_STATUS = /^50[013]/;
/** Enhanced codes of the notice before the end. Dovecot submission-login/client.c submission_client_notify_disconnect */
const NOTICE_CODES: Readonly<Record<DisconnectCause, string>> = {
  timeout: '4.4.2',
  shutdown: '4.3.2',
  resource: '4.0.0',
};
/** Commands that may come before TLS where that is required. Dovecot lib-smtp/smtp-server-command.c */
const BEFORE_TLS = ['EHLO', 'STARTTLS', 'NOOP', 'QUIT'];
const KNOWN = [...BEFORE_TLS, 'HELO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'RSET', 'VRFY', 'XCLIENT'];

/** One submission connection before its login. Dovecot submission-login/client.c, lib-smtp; RFC 5321, RFC 6409 */
export class SubmissionSession extends LoginSession {
  protected readonly input = new ClientInput(INPUT_LIMIT);
  /** The rest of a line that was refused is still to come. */
  #skipLine = false;
  #badCommands = 0;
  #greeting: GreetingFacts = { helo: null, protocol: 'ESMTP', login: null };
  /** What a front end said holds over what the client says later. */
  #fromFrontEnd: Partial<GreetingFacts> = {};

  constructor(options: LoginSessionOptions) {
    super('submission', options);
  }

  get #hostname(): ByteString {
    const { settings, environment } = this.client;
    return settings.login.hostname === '' ? environment.hostname : settings.login.hostname;
  }

  /** Counts bad commands: those in a row end the connection. */
  #reply(lines: ByteString): void {
    this.#badCommands = BAD_STATUS.test(lines) ? this.#badCommands + 1 : 0;
    if (this.#badCommands <= MAX_BAD_COMMANDS) {
      this.send(`${lines}\r\n`);
      // Dovecot lib-smtp/smtp-server-command.c smtp_server_command_finished
      if (lines.startsWith('421'))
        this.close(`Server closed the connection: ${lines.replaceAll('\r\n', ' ')}`);
      return;
    }
    const text = 'Too many invalid commands.';
    this.send(`421 4.7.0 ${this.#hostname} ${text}\r\n`);
    this.close(text);
  }

  protected refuse(result: LoginResult, text: ByteString): void {
    this.#reply(loginRefusal(result, text));
  }

  protected proxyFailed(): void {
    this.#reply(PROXY_FAILED);
  }

  protected refer(referral: Referral): void {
    this.#reply(referralReply(this.client, referral));
  }

  protected challenge(data: ByteString): void {
    this.send(`334 ${encodeBase64(data)}\r\n`);
  }

  protected createDialogue(destination: Destination): AttachableDialogue {
    return new SubmissionBackendDialogue(this.client, destination, {
      reply: (lines) => this.#reply(lines),
      loggedIn: (lines) => {
        this.#reply(lines);
        this.login.succeeded();
      },
      loginFailed: () => this.backToCommands(),
      greeting: { ...this.#greeting, ...this.#fromFrontEnd },
      hostname: this.#hostname,
    });
  }

  protected greet(): void {
    this.#reply(`220 ${this.#hostname} ${this.client.greeting}`);
  }

  protected notify(text: ByteString, cause: DisconnectCause): void {
    this.send(`421 ${NOTICE_CODES[cause]} ${this.#hostname} ${text}\r\n`);
  }

  /** The notice is the reason as well. observed 2.3.19.1 and 2.4.1 */
  protected override noticeReason(notice: ByteString): ByteString {
    return notice;
  }

  /** Dovecot lib-smtp/smtp-server-connection.c smtp_server_connection_disconnect */
  protected override unfinished(): ByteString {
    return ' (unfinished AUTH command)';
  }

  protected resetInput(): void {
    this.#skipLine = false;
    this.#greeting = { helo: null, protocol: 'ESMTP', login: null };
    this.input.forgetLine();
  }

  /** Dovecot lib-smtp/smtp-server-connection.c: the line is refused and skipped, the connection goes on. */
  protected override overflow(): boolean {
    const line = this.input.buffer.takeAll();
    const isNamed = /^[A-Za-z]{0,32} /.test(line);
    if (!this.#skipLine)
      this.#reply(isNamed ? '500 5.5.2 Line too long' : '500 5.5.2 Invalid command syntax');
    this.#skipLine = true;
    return true;
  }

  /** The same for a response of AUTH. Dovecot lib-smtp/smtp-server-cmd-auth.c cmd_auth_input */
  protected override saslTooLarge(): void {
    this.#skipLine = true;
    this.login.leave();
    this.#reply('500 5.5.2 Line too long');
    this.backToCommands();
  }

  /** Dovecot lib-smtp/smtp-server-cmd-auth.c cmd_auth_input */
  protected override saslLine(): boolean {
    const line = this.input.saslLine();
    if (line === null) return false;
    if (line === 'too_large') {
      this.saslTooLarge();
    } else if (/[^\t\x20-\x7e]/.test(line.text)) {
      this.login.leave();
      this.#reply('500 5.5.2 Invalid AUTH response syntax');
      this.backToCommands();
    } else {
      // What the parser took over from a full buffer keeps its spaces.
      const taken = line.text.length - (line.text.length % MAX_PARAMETERS);
      this.login.saslLine(line.text.slice(0, taken) + line.text.slice(taken).replace(/[ \t]+$/, ''));
    }
    return true;
  }

  protected command(): boolean {
    const line = this.input.line();
    if (line === null) return false;
    if (this.#skipLine) {
      this.#skipLine = false;
      return true;
    }
    const match = /^([A-Za-z]{0,32})(?: (.*))?$/s.exec(line);
    const parameters = (match?.[2] ?? '').replace(/[ \t]+$/, '');
    if (match === null || parameters.startsWith(' ') || !isParameterText(parameters))
      this.#reply('500 5.5.2 Invalid command syntax');
    else if (parameters.length > MAX_PARAMETERS) this.#reply('500 5.5.2 Line too long');
    else this.#execute((match[1] ?? '').toUpperCase(), parameters);
    return true;
  }

  #execute(name: ByteString, parameters: ByteString): void {
    const needsTls = !this.client.secured && this.client.tlsMode === 'required';
    if (KNOWN.includes(name) && needsTls && !BEFORE_TLS.includes(name)) {
      this.#reply('530 5.7.0 TLS required.');
      return;
    }
    switch (name) {
      case 'EHLO':
      case 'HELO':
        this.#hello(parameters, name === 'EHLO');
        break;
      case 'AUTH':
        this.#auth(parameters);
        break;
      case 'STARTTLS':
        this.#startTls(parameters);
        break;
      case 'XCLIENT':
        this.#xclient(parameters);
        break;
      case 'NOOP': {
        const mistake = stringMistake(parameters);
        this.#reply(mistake === null ? '250 2.0.0 OK' : `501 5.5.4 Invalid string parameter: ${mistake}`);
        break;
      }
      case 'RSET':
        this.#reply(parameters === '' ? '250 2.0.0 OK' : '501 5.5.4 Invalid parameters');
        break;
      case 'QUIT':
        if (parameters !== '') {
          this.#reply('501 5.5.4 Invalid parameters');
          break;
        }
        this.#reply('221 2.0.0 Bye');
        this.closeLoggedOut();
        break;
      case 'MAIL':
      case 'RCPT':
      case 'DATA':
      case 'BDAT':
      case 'VRFY':
        this.#reply('530 5.7.0 Authentication required.');
        break;
      default:
        this.#reply('500 5.5.1 Unknown command');
    }
  }

  #hello(domain: ByteString, extended: boolean): void {
    if (domain === '') {
      this.#reply('501 Missing hostname');
      return;
    }
    const protocol = extended ? 'ESMTP' : 'SMTP';
    this.#greeting = { helo: heloDomain(domain, extended), protocol, login: null };
    const lines = [this.#hostname];
    if (extended) {
      const facts = {
        canStartTls: this.canStartTls,
        offersAuth: this.client.secured || this.client.tlsMode !== 'required',
        mechanisms: offeredMechanisms(this.client),
      };
      lines.push(...ehloCapabilities(this.client, this.client.settings.submission, facts));
    }
    this.#reply(multiline('250', lines).slice(0, -2));
  }

  #auth(parameters: ByteString): void {
    const [mechanism = '', initial = '', ...more] = parameters.split(' ');
    if (mechanism === '') this.#reply('501 5.5.4 Missing SASL mechanism parameter');
    else if (more.length > 0) this.#reply('501 5.5.4 Invalid parameters');
    else this.beginLogin(() => this.login.authenticate(mechanism, initial));
  }

  #startTls(parameters: ByteString): void {
    if (this.client.hasTls) {
      this.#reply('502 5.5.1 TLS is already active.');
    } else if (this.client.tlsMode === 'no') {
      this.#reply('502 5.5.1 TLS support is not enabled.');
    } else if (parameters !== '') {
      this.#reply('501 5.5.4 Invalid parameters');
    } else {
      this.#reply('220 2.0.0 Begin TLS negotiation now.');
      this.startTls();
    }
  }

  #xclient(parameters: ByteString): void {
    if (!this.client.trusted) {
      this.#reply('550 5.7.14 You are not from trusted IP');
      return;
    }
    const taken = takeXclient(this.client, parameters);
    if (taken.kind === 'refused') {
      this.#reply(taken.reply);
      return;
    }
    const { helo, protocol, login } = taken.facts;
    this.#fromFrontEnd = {
      ...this.#fromFrontEnd,
      ...(helo === null ? {} : { helo }),
      ...(protocol === null ? {} : { protocol }),
      ...(login === null ? {} : { login }),
    };
    this.greet();
  }
}
