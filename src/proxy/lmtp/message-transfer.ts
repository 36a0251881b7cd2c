import type { ByteString } from '../../../grammar/bytes.js';
import type { BackendRecipient } from './backend-side.js';
import type { CommandQueue } from './command-queue.js';
import type { LmtpAction } from './lmtp-event.js';
import { isSuccess, type RemoteReply, type SmtpReply } from './smtp-reply.js';

/** Size of the pieces of BDAT, and how many may be under way. Dovecot lib-smtp/smtp-client.h */
const CHUNK_SIZE = 131_072;
const CHUNKS_UNDER_WAY = 4;

/** The message as backends get it: own headers, then what is stored, with CRLF ends. */
export interface MessageBody {
  readonly head: ByteString;
  /** Bytes that are stored. */
  readonly size: number;
  readonly endsWithNewline: boolean;
}

export interface TransferSide {
  readonly queue: CommandQueue;
  readonly chunking: boolean;
  readonly replyPerRecipient: boolean;
  act(action: LmtpAction): void;
  finished(): void;
}

const TIMED_OUT: RemoteReply = {
  kind: 'remote',
  status: 451,
  enhanced: '4.4.0',
  lines: ['Remote server not answering (transaction timed out while waiting for reply to DATA)'],
};

/** Gives one backend the message, by BDAT or DATA, and its recipients their replies. RFC 3030, RFC 2033 4.2 */
export class MessageTransfer {
  readonly #backend: number;
  readonly #body: MessageBody;
  readonly #side: TransferSide;
  /** Those that have no reply yet, in order. */
  #recipients: readonly BackendRecipient[];
  #offset = 0;
  #underWay = 0;
  #lastSent = false;

  constructor(
    backend: number,
    body: MessageBody,
    recipients: readonly BackendRecipient[],
    side: TransferSide,
  ) {
    this.#backend = backend;
    this.#body = body;
    this.#recipients = recipients;
    this.#side = side;
  }

  start(): void {
    if (this.#side.chunking) {
      this.#sendChunks();
      return;
    }
    this.#side.queue.add({
      text: 'DATA',
      pipelined: false,
      replies: 1,
      done: (reply) => {
        if (reply.status === 354) this.#sendDotted();
        else this.#failAll(reply);
      },
    });
  }

  get #total(): number {
    return this.#body.head.length + this.#body.size;
  }

  /** A chunk that could be the last one is only known to be it when nothing comes behind. observed 2.3.19.1 */
  #sendChunks(): void {
    const limit = this.#side.queue.pipelining ? CHUNKS_UNDER_WAY : 1;
    while (!this.#lastSent && this.#underWay < limit && this.#recipients.length > 0) {
      const left = this.#total - this.#offset;
      if (left < CHUNK_SIZE) {
        this.#sendLastChunk(left);
        return;
      }
      this.#underWay += 1;
      const start = this.#offset;
      this.#offset += CHUNK_SIZE;
      this.#side.queue.add({
        text: `BDAT ${CHUNK_SIZE}`,
        pipelined: true,
        replies: 1,
        payload: () => this.#sendRange(start, start + CHUNK_SIZE),
        done: (reply) => {
          this.#underWay -= 1;
          if (isSuccess(reply)) this.#sendChunks();
          else this.#failAll(reply);
        },
      });
    }
  }

  #sendLastChunk(size: number): void {
    const start = this.#offset;
    this.#lastSent = true;
    this.#side.queue.add({
      text: `BDAT ${size} LAST`,
      pipelined: false,
      replies: this.#side.replyPerRecipient ? this.#recipients.length : 1,
      payload: () => this.#sendRange(start, start + size),
      done: (reply) => this.#dataReplied(reply),
    });
  }

  #sendRange(start: number, end: number): void {
    const { head } = this.#body;
    const data = head.slice(start, end);
    if (data !== '') this.#side.act({ kind: 'to_backend', backend: this.#backend, data });
    const from = Math.max(0, start - head.length);
    const to = Math.max(0, end - head.length);
    if (to === from) return;
    const range = { start: from, end: to };
    this.#side.act({ kind: 'send_message', backend: this.#backend, range, dotted: false });
  }

  #sendDotted(): void {
    const { head, size, endsWithNewline } = this.#body;
    const backend = this.#backend;
    if (head !== '') this.#side.act({ kind: 'to_backend', backend, data: head });
    if (size > 0)
      this.#side.act({ kind: 'send_message', backend, range: { start: 0, end: size }, dotted: true });
    this.#side.queue.add({
      text: (size > 0 ? endsWithNewline : head !== '') ? '.' : '\r\n.',
      pipelined: false,
      replies: this.#side.replyPerRecipient ? this.#recipients.length : 1,
      done: (reply) => this.#dataReplied(reply),
    });
  }

  /** LMTP: one reply for each recipient, in their order; SMTP: one for all. */
  #dataReplied(reply: RemoteReply): void {
    if (!this.#side.replyPerRecipient) {
      this.#failAll(reply);
      return;
    }
    const [recipient, ...more] = this.#recipients;
    this.#recipients = more;
    if (more.length === 0) this.#side.finished();
    recipient?.dataReplied(reply);
  }

  #failAll(reply: SmtpReply): void {
    const recipients = this.#recipients;
    this.#recipients = [];
    this.#side.finished();
    for (const recipient of recipients) recipient.dataReplied(reply);
  }

  /** The connection is gone. */
  failed(failure: SmtpReply): void {
    if (this.#recipients.length > 0) this.#failAll(failure);
  }

  timedOut(): void {
    if (this.#recipients.length > 0) this.#failAll(TIMED_OUT);
  }
}
