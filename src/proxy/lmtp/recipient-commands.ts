import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../../auth/answer.js';
import { formatAddress, parsePath, type SmtpAddress, splitDetail } from '../../config/smtp-address.js';
import { tabUnescaped } from '../forward-fields.js';
import type { LogLevel } from '../session-event.js';
import { decodeXtext } from '../submission/smtp-text.js';
import type { LmtpBackend } from './lmtp-backend.js';
import type { LmtpClient } from './lmtp-client.js';
import type { LmtpAction, LocalUser } from './lmtp-event.js';
import type { LmtpRecipient } from './lmtp-recipient.js';
import type { LmtpState } from './lmtp-session.js';
import { LmtpTransaction } from './lmtp-transaction.js';
import { parseMailParameters, parseRcptParameters, xtextMistake } from './parameters.js';
import { formatReply } from './smtp-reply.js';

/** More recipients in one message are refused for now; real Dovecot has no limit. */
const MAX_RECIPIENTS = 10_000;

/** What commands ask of their session. */
export interface CommandSide {
  act(action: LmtpAction): void;
  log(level: LogLevel, text: ByteString): void;
  /** Sends whole lines of one reply. */
  send(lines: ByteString): void;
  enter(state: LmtpState): void;
  /** More input can be used. */
  progress(): void;
}

interface Pending {
  readonly recipient: LmtpRecipient;
  /** Refused before a backend was asked. */
  early: boolean;
  lines: ByteString | null;
  accepted: boolean;
}

/** MAIL and RCPT: several RCPT may be under way, their answers come in order. */
export class RecipientCommands {
  readonly #client: LmtpClient;
  readonly #side: CommandSide;
  transaction: LmtpTransaction | null = null;
  #transactions = 0;
  #pending: Pending[] = [];
  #asked: { readonly recipient: LmtpRecipient; readonly user: ByteString } | null = null;
  /** Set by the message's side while it is given away. */
  onData: ((recipient: LmtpRecipient, lines: ByteString) => void) | null = null;

  constructor(client: LmtpClient, side: CommandSide) {
    this.#client = client;
    this.#side = side;
  }

  /** An RCPT has no answer yet. */
  get busy(): boolean {
    return this.#pending.length > 0;
  }

  /** The auth process is asked: no further command is looked at. */
  get lookingUp(): boolean {
    return this.#asked !== null;
  }

  backend(id: number): LmtpBackend | undefined {
    return this.transaction?.backend(id);
  }

  #reply(status: number, code: string, text: ByteString): void {
    this.#side.send(formatReply(status, code, [text]));
  }

  reset(): void {
    this.transaction?.close();
    this.transaction = null;
    this.#pending = [];
    this.#asked = null;
  }

  /** The path of MAIL or RCPT, with what follows it; null where it was refused. */
  #path(parameters: ByteString, word: 'FROM' | 'TO'): { path: SmtpAddress; rest: ByteString } | null {
    const { whitespaceBeforePath, mailboxForPath } = this.#client.settings;
    const prefix = `${word}:`;
    const refuse = (text: ByteString) => {
      this.#reply(501, '5.5.4', text);
      return null;
    };
    if (parameters.slice(0, prefix.length).toUpperCase() !== prefix) return refuse('Invalid parameters');
    let text = parameters.slice(prefix.length);
    if (/^[ \t]/.test(text)) {
      if (!whitespaceBeforePath) return refuse(`Invalid ${word}: Unexpected whitespace before path`);
      text = text.replace(/^[ \t]+/, '');
    }
    const isSender = word === 'FROM';
    const parsed = parsePath(text, {
      series: this.#client.series,
      emptyAllowed: isSender,
      domainOptional: !isSender,
      bracketsOptional: mailboxForPath && (text !== '' || !isSender),
      brokenAllowed: isSender,
    });
    if (parsed.kind === 'error') return refuse(`Invalid ${word}: ${parsed.message}`);
    if (parsed.rest !== '' && !parsed.rest.startsWith(' '))
      return refuse(`Invalid ${word}: Invalid character in path`);
    return { path: parsed.address, rest: parsed.rest.slice(1) };
  }

  mail(parameters: ByteString): void {
    if (this.transaction !== null) {
      this.#reply(503, '5.5.0', 'MAIL already given');
      return;
    }
    const read = this.#path(parameters, 'FROM');
    if (read === null) return;
    const parsed = parseMailParameters(read.rest, {
      series: this.#client.series,
      utf8: this.#client.settings.utf8Extensions,
    });
    if (parsed.kind === 'refused') {
      this.#reply(parsed.status, '5.5.4', parsed.text);
      return;
    }
    this.#transactions += 1;
    const { sessionId } = this.#client;
    const id = this.#transactions === 1 ? sessionId : `${sessionId}:T${this.#transactions}`;
    this.transaction = new LmtpTransaction(id, read.path, parsed.parameters, this.#client, {
      act: (action) => this.#side.act(action),
      log: (level, text) => this.#side.log(level, text),
      rcptAnswered: (recipient, lines, accepted) => this.#answered(recipient, lines, accepted),
      dataAnswered: (recipient, lines) => this.onData?.(recipient, lines),
    });
    this.#side.enter('MAIL FROM');
    this.#reply(250, '2.1.0', 'OK');
  }

  rcpt(parameters: ByteString): void {
    const { transaction } = this;
    if (transaction === null) {
      this.#reply(503, '5.5.0', 'MAIL needed first');
      return;
    }
    const read = this.#path(parameters, 'TO');
    if (read === null) return;
    const parsed = parseRcptParameters(read.rest);
    if (parsed.kind === 'refused') {
      this.#reply(parsed.status, '5.5.4', parsed.text);
      return;
    }
    if (transaction.recipients.length + this.#pending.length >= MAX_RECIPIENTS) {
      this.#reply(451, '4.5.3', 'Too many recipients');
      return;
    }
    const { path } = read;
    if ((path.localpart ?? '') === '' && path.domain === null) {
      const text = `<${formatAddress(path)}> Unacceptable TO: Empty path not allowed`;
      this.#reply(550, '5.1.1', text);
      return;
    }
    const forward = this.#forwardFields(parsed.parameters.forward);
    if (forward === null) return;
    const recipient = transaction.recipient(path, parsed.parameters);
    this.#pending.push({ recipient, early: true, lines: null, accepted: false });
    const { user } = splitDetail(path, this.#client.settings.recipientDelimiter);
    this.#asked = { recipient, user };
    this.#lookUp(user, forward);
  }

  /** What a trusted front end forwards; null where it was refused. Dovecot lmtp-commands.c cmd_rcpt_handle_forward_fields */
  #forwardFields(encoded: ByteString | null): (readonly [ByteString, ByteString])[] | null {
    if (encoded === null) return [];
    const text = decodeXtext(encoded);
    const mistake = xtextMistake(text);
    if (text === null || mistake !== null) {
      this.#reply(501, '5.5.4', `Invalid XRCPTFORWARD= parameter: ${mistake}`);
      return null;
    }
    if (!this.#client.trusted) {
      this.#reply(550, '5.7.14', 'Unacceptable XRCPTFORWARD= parameter: You are not from trusted IP');
      return null;
    }
    return text.split('\t').flatMap((part): [ByteString, ByteString][] => {
      const field = tabUnescaped(part);
      const equals = field.indexOf('=');
      if (equals !== -1) return [[field.slice(0, equals), field.slice(equals + 1)]];
      // observed 2.4.1: one without a value is lost.
      return this.#client.series === '2.3' ? [[field, '']] : [];
    });
  }

  #lookUp(user: ByteString, forward: readonly (readonly [ByteString, ByteString])[]): void {
    const { addresses, remoteIp, remotePort, localName, settings, series } = this.#client;
    if (!settings.proxy) {
      // Nobody is proxied: whoever is known would have a mailbox.
      this.lookedUp(NOT_PROXIED, 'exists');
      return;
    }
    this.#side.act({
      kind: 'look_up',
      request: {
        user,
        authorizationId: '',
        password: null,
        mode: 'lookup',
        mechanism: '',
        protocol: 'lmtp',
        localIp: addresses.localIp,
        localPort: addresses.localPort,
        remoteIp,
        remotePort,
        realLocalIp: addresses.realLocalIp,
        realLocalPort: addresses.realLocalPort,
        realRemoteIp: addresses.realRemoteIp,
        realRemotePort: addresses.realRemotePort,
        localName: series === '2.3' ? '' : localName,
        clientId: '',
        session: '',
        secured: '',
        validClientCertificate: false,
        forward,
        login: true,
      },
    });
  }

  /** The auth process has answered. */
  lookedUp(answer: AuthAnswer, local: LocalUser): void {
    const asked = this.#asked;
    if (asked === null) return;
    this.#asked = null;
    this.transaction?.lookedUp(asked.recipient, asked.user, answer, local);
    const pending = this.#pending.find(({ recipient }) => recipient === asked.recipient);
    // It is the next one to be answered, and waits for its backend.
    if (pending !== undefined && pending.lines === null) pending.early = false;
    this.#flush();
    this.#side.progress();
  }

  #answered(recipient: LmtpRecipient, lines: ByteString, accepted: boolean): void {
    const pending = this.#pending.find((each) => each.recipient === recipient);
    if (pending === undefined) return;
    pending.lines = lines;
    pending.accepted = accepted;
    if (this.#asked?.recipient === recipient) return;
    this.#flush();
    this.#side.progress();
  }

  #flush(): void {
    for (;;) {
      const [first] = this.#pending;
      if (first === undefined || first.lines === null) return;
      this.#pending.shift();
      if (!first.early || first.accepted) this.#side.enter('RCPT TO');
      if (first.accepted) this.transaction?.recipients.push(first.recipient);
      this.#side.send(first.lines);
    }
  }
}

/** What stands for the answer where nobody was asked. */
const NOT_PROXIED: AuthAnswer = {
  result: 'fail',
  passdbResult: 'user_unknown',
  code: null,
  reason: null,
  originalUser: '',
  user: '',
  masterUser: '',
  fields: [],
  hiddenFields: [],
  userdbFields: [],
  steps: [],
  log: [],
  passwordAssumed: false,
  nodelay: false,
  delayUntil: null,
  emptyField: false,
  crash: null,
  unreachable: [],
};
