import type { ByteString } from '../../../grammar/bytes.js';
import { formatAddress } from '../../config/smtp-address.js';
import type { InputBuffer } from '../input-buffer.js';
import type { LmtpClient } from './lmtp-client.js';
import type { LmtpRecipient } from './lmtp-recipient.js';
import type { LmtpTransaction } from './lmtp-transaction.js';
import { CrlfWriter, DotReader } from './message-reader.js';
import { originalAddress } from './parameters.js';
import { receivedHeader } from './received-header.js';
import type { CommandSide, RecipientCommands } from './recipient-commands.js';
import { formatReply } from './smtp-reply.js';

/** What is being read from the client. */
type Reading =
  | { readonly kind: 'dotted'; readonly reader: DotReader }
  | { readonly kind: 'chunk'; readonly size: number; readonly last: boolean; left: number }
  /** Of a chunk that was refused. */
  | { readonly kind: 'skip'; left: number };

/** DATA and BDAT: takes the message, has it stored, and answers for each recipient. RFC 2033 4.2, RFC 3030 */
export class MessageInput {
  readonly #client: LmtpClient;
  readonly #commands: RecipientCommands;
  readonly #side: CommandSide;
  #reading: Reading | null = null;
  #crlf = new CrlfWriter();
  #size = 0;
  #endsWithNewline = true;
  /** Chunks so far; 0 = the message has not begun. */
  #chunks = 0;
  #failed = false;
  /** Answers of the recipients; null: not there yet. Empty: nothing is under way. */
  #answers: { readonly recipient: LmtpRecipient; lines: ByteString | null }[] = [];
  #command: 'DATA' | 'BDAT' = 'DATA';

  constructor(client: LmtpClient, commands: RecipientCommands, side: CommandSide) {
    this.#client = client;
    this.#commands = commands;
    this.#side = side;
    commands.onData = (recipient, lines) => this.#answered(recipient, lines);
  }

  get receiving(): boolean {
    return this.#reading !== null;
  }

  /** The backends have it, and not all have answered. */
  get delivering(): boolean {
    return this.#answers.length > 0;
  }

  /** The command that has no answer yet. */
  get unfinished(): 'DATA' | 'BDAT' | null {
    return this.receiving || this.delivering ? this.#command : null;
  }

  #reply(status: number, code: string, text: ByteString): void {
    this.#side.send(formatReply(status, code, [text]));
  }

  reset(): void {
    if (this.#size > 0) this.#side.act({ kind: 'discard_message' });
    this.#reading = null;
    this.#crlf = new CrlfWriter();
    this.#size = 0;
    this.#endsWithNewline = true;
    this.#chunks = 0;
    this.#failed = false;
    this.#answers = [];
  }

  data(parameters: ByteString): void {
    if (parameters !== '') {
      this.#reply(501, '5.5.4', 'Invalid parameters');
      return;
    }
    const { transaction } = this.#commands;
    if (this.#chunks > 0 && this.#failed)
      this.#reply(503, '5.5.0', 'Previous data chunk failed, issue RSET first');
    else if (transaction === null) this.#reply(503, '5.5.0', 'MAIL needed first');
    else if (transaction.recipients.length === 0) this.#reply(503, '5.5.0', 'No valid recipients');
    else if (this.#chunks > 0) this.#reply(503, '5.5.0', 'Bad sequence of commands');
    else {
      this.#command = 'DATA';
      this.#side.enter('DATA');
      this.#side.send('354 OK\r\n');
      this.#reading = { kind: 'dotted', reader: new DotReader(this.#client.series === '2.4') };
    }
  }

  bdat(parameters: ByteString): void {
    this.#command = 'BDAT';
    this.#chunks += 1;
    const [text = '', marker, ...more] = parameters.split(' ');
    if (!/^\d{1,15}$/.test(text)) {
      this.#failed = true;
      this.#reply(501, '5.5.4', 'Invalid chunk size parameter');
      return;
    }
    const size = Number(text);
    const last = marker?.toUpperCase() === 'LAST';
    if (more.length > 0) this.#refuseChunk(size, 501, '5.5.4', 'Invalid parameters');
    else if (marker !== undefined && !last)
      this.#refuseChunk(size, 501, '5.5.4', 'Invalid end marker parameter');
    else if (this.#failed && this.#chunks > 1)
      this.#refuseChunk(size, 503, '5.5.0', 'Previous data chunk failed, issue RSET first');
    else this.#beginChunk(size, last);
  }

  #beginChunk(size: number, last: boolean): void {
    const { transaction } = this.#commands;
    if (transaction === null) {
      this.#refuseChunk(size, 503, '5.5.0', 'MAIL needed first');
    } else if (transaction.recipients.length > 0) {
      this.#side.enter('DATA');
      this.#reading = { kind: 'chunk', size, last, left: size };
    } else if (size > 0 && last) {
      // No recipient, no reply. RFC 2033 4.3
      this.#reading = { kind: 'skip', left: size };
    } else {
      this.#refuseChunk(size, 503, '5.5.0', 'No valid recipients');
    }
  }

  #refuseChunk(size: number, status: number, code: string, text: ByteString): void {
    this.#failed = true;
    this.#reply(status, code, text);
    if (size > 0) this.#reading = { kind: 'skip', left: size };
  }

  /** Takes what belongs to the message; false where more bytes are needed. */
  read(buffer: InputBuffer): boolean {
    const reading = this.#reading;
    if (reading === null) return false;
    if (reading.kind === 'dotted') return this.#readDotted(reading.reader, buffer);
    const size = Math.min(reading.left, buffer.length);
    const data = buffer.slice(0, size);
    buffer.skip(size);
    reading.left -= size;
    if (reading.kind === 'chunk') this.#store(data);
    if (reading.left > 0) return false;
    this.#reading = null;
    if (reading.kind === 'chunk') {
      if (reading.last) this.#complete();
      else this.#reply(250, '2.0.0', `Added ${reading.size} octets`);
    }
    return true;
  }

  #readDotted(reader: DotReader, buffer: InputBuffer): boolean {
    if (buffer.length === 0) return false;
    const { content, ended, rest } = reader.push(buffer.takeAll());
    this.#store(content);
    if (!ended) return false;
    buffer.append(rest);
    this.#reading = null;
    this.#complete();
    return true;
  }

  #store(content: ByteString): void {
    if (content === '' || this.#failed) return;
    const data = this.#crlf.push(content);
    this.#size += data.length;
    this.#endsWithNewline = data.endsWith('\n');
    this.#side.act({ kind: 'store', data });
  }

  /** It could not be kept: the rest is read and counts for nothing. Dovecot lmtp-commands.c cmd_data_continue */
  storeFailed(error: string): void {
    if (this.#failed || (this.#reading === null && !this.delivering)) return;
    this.#side.log('error', `write(message) failed: ${error}`);
    this.#failed = true;
  }

  /** Dovecot lmtp-commands.c client_default_cmd_data */
  #complete(): void {
    const { transaction } = this.#commands;
    if (transaction === null) return;
    this.#answers = transaction.recipients.map((recipient) => ({ recipient, lines: null }));
    if (this.#failed) {
      for (const answer of this.#answers)
        answer.lines = formatReply(451, '4.3.0', ['Temporary internal failure']);
      this.#flush();
      return;
    }
    const head = this.#client.settings.addReceivedHeader ? this.#received(transaction) : '';
    const size = this.#size;
    transaction.deliver({ head, size, endsWithNewline: this.#endsWithNewline });
  }

  #received(transaction: LmtpTransaction): ByteString {
    const client = this.#client;
    const [only, ...more] = transaction.recipients;
    return receivedHeader({
      helo: client.helo,
      remoteIp: client.remoteIp,
      security: client.security,
      hostname: client.hostname,
      tls: client.tls === 'active',
      id: transaction.id,
      sender: formatAddress(transaction.sender),
      recipient: only === undefined || more.length > 0 ? null : this.#named(only),
      atMs: transaction.startedMs,
    });
  }

  /** lmtp_hdr_delivery_address */
  #named(recipient: LmtpRecipient): ByteString | null {
    switch (this.#client.settings.deliveryAddress) {
      case 'none':
        return null;
      case 'final':
        return recipient.pathText;
      case 'original':
        return originalAddress(recipient.parameters) ?? recipient.pathText;
    }
  }

  #answered(recipient: LmtpRecipient, lines: ByteString): void {
    const answer = this.#answers.find((each) => each.recipient === recipient);
    if (answer === undefined || answer.lines !== null) return;
    answer.lines = lines;
    this.#flush();
  }

  /** Answers come in the order of RCPT; behind the last one the transaction is over. */
  #flush(): void {
    for (;;) {
      const [first] = this.#answers;
      if (first === undefined || first.lines === null) return;
      this.#side.send(first.lines);
      this.#answers.shift();
      if (this.#answers.length > 0) continue;
      this.#commands.reset();
      this.reset();
      this.#side.enter('READY');
      this.#side.progress();
      return;
    }
  }
}
