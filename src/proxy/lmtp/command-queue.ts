import type { ByteString } from '../../../grammar/bytes.js';
import type { RemoteReply } from './smtp-reply.js';

/** One command of a client. */
export interface QueuedCommand {
  readonly text: ByteString;
  /** The next one need not wait for its reply where the server has PIPELINING. */
  readonly pipelined: boolean;
  /** More than one for the end of an LMTP message. */
  readonly replies: number;
  /** Its reply is one of EHLO. */
  readonly ehlo?: boolean;
  /** Sends what belongs behind the line. */
  readonly payload?: () => void;
  done(reply: RemoteReply): void;
}

/** Commands that wait to be sent, and those that wait for replies. Dovecot lib-smtp/smtp-client-command.c */
export class CommandQueue {
  readonly #send: (text: ByteString) => void;
  #waiting: QueuedCommand[] = [];
  #sent: { readonly command: QueuedCommand; left: number }[] = [];
  pipelining = false;
  #held = false;

  constructor(send: (text: ByteString) => void) {
    this.#send = send;
  }

  get expectsReply(): boolean {
    return this.#sent.length > 0;
  }

  get expectsEhlo(): boolean {
    return this.#sent[0]?.command.ehlo === true;
  }

  add(...commands: readonly QueuedCommand[]): void {
    this.#waiting.push(...commands);
    this.flush();
  }

  /** While replies are read nothing goes out. Dovecot lib-smtp/smtp-client-connection.c smtp_client_connection_trigger_output */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.flush();
  }

  /** Sends what may go out now, in one piece. */
  flush(): void {
    if (this.#held) return;
    let text = '';
    for (;;) {
      const [command] = this.#waiting;
      if (command === undefined || !this.#isOpen()) break;
      this.#waiting.shift();
      this.#sent.push({ command, left: command.replies });
      text += `${command.text}\r\n`;
      if (command.payload === undefined) continue;
      this.#send(text);
      text = '';
      command.payload();
    }
    if (text !== '') this.#send(text);
  }

  #isOpen(): boolean {
    if (this.#sent.length === 0) return true;
    return this.pipelining && this.#sent.every(({ command }) => command.pipelined);
  }

  replied(reply: RemoteReply): void {
    const [head] = this.#sent;
    if (head === undefined) return;
    head.left -= 1;
    if (head.left === 0) this.#sent.shift();
    head.command.done(reply);
  }

  clear(): void {
    this.#waiting = [];
    this.#sent = [];
  }
}
