import type { ByteString } from '../../../grammar/bytes.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';
import type { BackendTls } from '../session-event.js';
import { parseCapability } from './backend-capability.js';
import type { BackendRecipient, BackendSide } from './backend-side.js';
import { xclientCommands } from './backend-xclient.js';
import { CommandQueue } from './command-queue.js';
import type { LmtpAction } from './lmtp-event.js';
import type { LmtpDestination } from './lmtp-fields.js';
import { type MessageBody, MessageTransfer } from './message-transfer.js';
import { ReplyParser } from './reply-parser.js';
import {
  isSuccess,
  type LocalFailureClass,
  type RemoteReply,
  replyLogText,
  type SmtpReply,
} from './smtp-reply.js';

/** Each step before the transaction has that long. Dovecot lib-smtp/smtp-client.h */
const CONNECT_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 300_000;

type State = 'connecting' | 'greeting' | 'handshake' | 'ready' | 'closed';

/** A connection to one backend and the transaction on it. Dovecot lib-smtp/smtp-client-connection.c, smtp-client-transaction.c */
export class LmtpBackend {
  readonly id: number;
  readonly destination: LmtpDestination;
  readonly startedMs: number;
  readonly #ip: string;
  readonly #side: BackendSide;
  readonly #series: Series;
  readonly #parser: ReplyParser;
  readonly #queue: CommandQueue;
  #state: State = 'connecting';
  #tls = false;
  /** The other side ended: nothing can be said any more. */
  #gone = false;
  /** Replies are read. */
  #reading = false;
  /** Nobody wants it any more, but what has come is still looked at. */
  #leaving = false;
  #xclientSent = false;
  /** With their parameters, all in capitals. */
  readonly #capabilities = new Map<ByteString, readonly ByteString[]>();
  /** Why no recipient can be added any more. */
  #failure: SmtpReply | null = null;
  #waiting: BackendRecipient[] = [];
  #asked: BackendRecipient[] = [];
  #approved: BackendRecipient[] = [];
  #transfer: MessageTransfer | null = null;

  constructor(id: number, destination: LmtpDestination, ip: string, startedMs: number, side: BackendSide) {
    this.id = id;
    this.destination = destination;
    this.startedMs = startedMs;
    this.#ip = ip;
    this.#side = side;
    this.#series = seriesOf(side.settings.version);
    this.#parser = new ReplyParser(this.#series);
    this.#queue = new CommandQueue((data) => this.#act({ kind: 'to_backend', backend: id, data }));
  }

  #act(action: LmtpAction): void {
    this.#side.act(action);
  }

  get #place(): ByteString {
    const { host, port } = this.destination;
    return `${host}:${port}`;
  }

  connect(): void {
    const { port, sourceIp, tls } = this.destination;
    this.#tls = tls === 'implicit';
    this.#restartTimer();
    this.#act({
      kind: 'connect',
      backend: this.id,
      ip: this.#ip,
      port,
      sourceIp: sourceIp?.text ?? null,
      tls: tls === 'implicit' ? this.#tlsSettings() : null,
    });
  }

  #tlsSettings(): BackendTls {
    const { host, anyCertificate, protocol } = this.destination;
    // Dovecot 2.4.1 smtp-client-connection.c: the protocol's name
    const applicationProtocol = this.#series === '2.4' ? protocol : null;
    return { host, verify: !anyCertificate, applicationProtocol };
  }

  /** Of the steps up to the transaction: each has the whole time again. */
  #restartTimer(): void {
    this.#act({ kind: 'set_timer', name: `connect:${this.id}`, milliseconds: CONNECT_TIMEOUT_MS });
  }

  /** The host is no address, and nobody resolved it. */
  unresolved(): void {
    const text = `dns_lookup(${this.destination.host}) failed: Name or service not known`;
    this.#fail('host_lookup', text, 'Failed to lookup remote server');
  }

  connected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'greeting';
    this.#restartTimer();
  }

  refused(error: string): void {
    this.#fail('connect', `connect(${this.#place}) failed: ${error}`, 'Failed to connect to remote server');
  }

  closed(error: string): void {
    if (this.#state === 'closed') return;
    // One that only ended may still be told goodbye.
    this.#gone = error !== '';
    if (this.#tls && this.#state === 'greeting' && this.#capabilities.size === 0 && error !== '')
      this.tlsFailed(error);
    else if (error !== '') {
      const stream = `(conn:${this.#place},id=${this.id})`;
      this.#fail('lost', `Connection lost: read(${stream}) failed: ${error}`, LOST('Read failure'));
    } else if (this.#parser.empty) this.#fail('lost', null, LOST('Remote closed connection unexpectedly'));
    else this.#badReply('Invalid command reply: Premature end of input');
  }

  /** Both texts occur in both versions, as fast as the backend is. observed 2.3.19.1 and 2.4.1 */
  tlsFailed(error: string): void {
    this.#gone = true;
    const text =
      this.#series === '2.3'
        ? `SSL handshake to ${this.#place} failed: ${error}`
        : `SSL handshaking with ${this.#place} failed: read(SSL (conn:${this.#place},id=${this.id})) failed: ${error}`;
    this.#fail('connect', text, 'Failed to connect to remote server');
  }

  timedOut(what: string): void {
    if (what === 'command') this.#fail('timed_out', 'Command timed out, disconnecting', 'Command timed out');
    else if (what === 'data') this.#transfer?.timedOut();
    else {
      const waiting = this.#state === 'handshake' ? 'SMTP handshake' : 'Connection';
      const seconds = CONNECT_TIMEOUT_MS / 1000;
      this.#fail('connect', `${waiting} timed out after ${seconds} seconds`, 'Connect timed out');
    }
  }

  received(data: ByteString): void {
    if (this.#state === 'closed' || this.#state === 'connecting') return;
    this.#parser.append(data);
    this.#reading = true;
    this.#queue.hold();
    while (!this.#isClosed()) {
      const enhanced = this.#capabilities.has('ENHANCEDSTATUSCODES');
      const parsed = this.#parser.next(enhanced, this.#queue.expectsEhlo);
      if (parsed === null) break;
      if (parsed.kind === 'invalid') this.#badReply(`Invalid command reply: ${parsed.message}`);
      else this.#reply(parsed.reply);
    }
    this.#reading = false;
    this.#queue.release();
    if (this.#leaving) this.close();
    if (!this.#isClosed() && this.#state === 'ready') this.#watchCommands();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #badReply(text: ByteString): void {
    this.#fail('bad_reply', text, text);
  }

  #reply(reply: RemoteReply): void {
    if (reply.status === 421) this.#end(reply);
    else if (this.#state === 'greeting') this.#greeted(reply);
    else if (!this.#queue.expectsReply)
      this.#fail('bad_reply', `Unexpected reply: ${replyLogText(reply)}`, 'Got unexpected reply');
    else this.#queue.replied(reply);
  }

  #greeted(reply: RemoteReply): void {
    if (reply.status === 220) this.#handshake('LHLO');
    else if (isSuccess(reply)) this.#badReply('Received inappropriate greeting');
    else this.#end(reply);
  }

  #handshake(hello: 'LHLO' | 'HELO'): void {
    this.#state = 'handshake';
    this.#restartTimer();
    const name = this.destination.protocol === 'smtp' && hello === 'LHLO' ? 'EHLO' : hello;
    this.#command(
      `${name} ${this.#side.hostname}`,
      (reply) => this.#helloReplied(reply, name),
      name === 'EHLO',
    );
  }

  #command(text: ByteString, done: (reply: RemoteReply) => void, ehlo = false): void {
    this.#queue.add({ text, pipelined: false, replies: 1, ehlo, done });
  }

  #helloReplied(reply: RemoteReply, name: string): void {
    if (!isSuccess(reply)) {
      // RFC 5321 3.2: a server that knows EHLO not is asked again.
      if (name === 'EHLO' && (reply.status === 500 || reply.status === 502)) this.#handshake('HELO');
      else this.#end(reply);
      return;
    }
    this.#capabilities.clear();
    for (const line of reply.lines.slice(1)) this.#learn(line);
    this.#queue.pipelining = this.#capabilities.has('PIPELINING');
    this.#restartTimer();
    this.#afterHello();
  }

  #learn(line: ByteString): void {
    const capability = parseCapability(line);
    if (capability.kind === 'capability') this.#capabilities.set(capability.name, capability.parameters);
    else this.#log('warning', capability.mistake);
  }

  #log(level: 'warning' | 'error', text: ByteString): void {
    this.#side.log(level, `conn ${this.#place} [${this.id}]: ${text}`);
  }

  #afterHello(): void {
    if (this.destination.tls === 'starttls' && !this.#tls) {
      if (this.#capabilities.has('STARTTLS')) this.#command('STARTTLS', (reply) => this.#startTls(reply));
      else {
        const log = "Requested STARTTLS, but server doesn't support it";
        this.#fail('connect', log, 'STARTTLS not supported');
      }
      return;
    }
    const commands = this.#xclientSent
      ? []
      : xclientCommands(
          this.#side.facts(),
          this.#capabilities.get('XCLIENT') ?? [],
          this.destination.protocol === 'smtp',
        );
    // Sent even with proxy_not_trusted. observed 2.3.19.1 and 2.4.1
    this.#xclientSent = true;
    if (commands.length === 0) {
      this.#ready();
      return;
    }
    let left = commands.length;
    for (const text of commands) {
      // Whatever the answer is, the handshake goes on. Dovecot smtp_client_connection_xclient_cb
      this.#command(text, () => {
        left -= 1;
        this.#restartTimer();
        if (left === 0) this.#handshake('LHLO');
      });
    }
  }

  #startTls(reply: RemoteReply): void {
    if (!isSuccess(reply)) {
      this.#end(reply);
      return;
    }
    this.#parser.reset();
    this.#tls = true;
    this.#act({ kind: 'start_backend_tls', backend: this.id, tls: this.#tlsSettings() });
    this.#handshake('LHLO');
  }

  #ready(): void {
    this.#state = 'ready';
    this.#act({ kind: 'clear_timer', name: `connect:${this.id}` });
    const recipients = this.#waiting;
    this.#waiting = [];
    this.#asked.push(...recipients);
    this.#queue.add(
      {
        text: this.#side.mailCommand(this.#capabilities),
        pipelined: true,
        replies: 1,
        done: (reply) => this.#mailReplied(reply),
      },
      ...recipients.map((recipient) => this.#rcpt(recipient)),
    );
    this.#watchCommands();
  }

  #watchCommands(): void {
    const name = `command:${this.id}`;
    if (this.#queue.expectsReply) this.#act({ kind: 'set_timer', name, milliseconds: COMMAND_TIMEOUT_MS });
    else this.#act({ kind: 'clear_timer', name });
  }

  #mailReplied(reply: RemoteReply): void {
    if (isSuccess(reply)) return;
    this.#failure = reply;
    const recipients = this.#asked;
    this.#asked = [];
    for (const recipient of recipients) recipient.rcptReplied(reply);
  }

  /** Adds a recipient, as soon as the connection is ready. */
  add(recipient: BackendRecipient): void {
    if (this.#failure !== null) recipient.rcptReplied(this.#failure);
    else if (this.#state !== 'ready') this.#waiting.push(recipient);
    else {
      this.#asked.push(recipient);
      this.#queue.add(this.#rcpt(recipient));
      this.#watchCommands();
    }
  }

  #rcpt(recipient: BackendRecipient) {
    return {
      text: recipient.command(this.#capabilities),
      pipelined: true,
      replies: 1,
      done: (reply: RemoteReply) => {
        // The transaction may have failed with MAIL already.
        if (!this.#asked.includes(recipient)) return;
        this.#asked = this.#asked.filter((asked) => asked !== recipient);
        if (isSuccess(reply)) this.#approved.push(recipient);
        recipient.rcptReplied(reply);
      },
    };
  }

  /** Sends the message to the recipients that were accepted. */
  sendMessage(body: MessageBody, timeoutMs: number): void {
    const recipients = this.#approved;
    if (recipients.length === 0) return;
    if (this.#failure !== null) {
      for (const recipient of recipients) recipient.dataReplied(this.#failure);
      return;
    }
    this.#act({ kind: 'set_timer', name: `data:${this.id}`, milliseconds: timeoutMs });
    this.#transfer = new MessageTransfer(this.id, body, recipients, {
      queue: this.#queue,
      act: (action) => this.#act(action),
      chunking: this.#capabilities.has('CHUNKING'),
      replyPerRecipient: this.destination.protocol === 'lmtp',
      finished: () => this.#act({ kind: 'clear_timer', name: `data:${this.id}` }),
    });
    this.#transfer.start();
    this.#watchCommands();
  }

  #fail(failure: LocalFailureClass, log: ByteString | null, text: ByteString): void {
    if (this.#state === 'closed') return;
    if (log !== null) this.#log('error', log);
    const shown = this.#side.settings.verboseReplies && log !== null ? log : text;
    this.#end({ kind: 'local', failure, text: shown });
  }

  /** The connection is over for this reason: everyone who waits for something of it is told. */
  #end(failure: SmtpReply): void {
    this.#failure = failure;
    this.#reading = false;
    this.close();
    const unanswered = [...this.#waiting, ...this.#asked];
    this.#waiting = [];
    this.#asked = [];
    for (const recipient of unanswered) recipient.rcptReplied(failure);
    this.#transfer?.failed(failure);
  }

  /** Nothing more is wanted of it. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#leaving = true;
    if (this.#reading) return;
    const isOpen = this.#state !== 'connecting' && !this.#gone;
    this.#state = 'closed';
    this.#queue.clear();
    for (const timer of ['connect', 'command', 'data'])
      this.#act({ kind: 'clear_timer', name: `${timer}:${this.id}` });
    if (isOpen) this.#act({ kind: 'to_backend', backend: this.id, data: 'QUIT\r\n' });
    this.#act({ kind: 'close_backend', backend: this.id });
  }
}

const LOST = (text: ByteString): ByteString => `Lost connection to remote server: ${text}`;
