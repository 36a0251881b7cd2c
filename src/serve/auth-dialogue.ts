import type { ByteString } from '../../grammar/bytes.js';
import type { SaslExchange, SaslReply } from '../auth/sasl/exchange.js';

/** Called once, with the answer before anybody hears of it. */
type BeforeAnswer = (reply: Extract<SaslReply, { kind: 'answer' }>, signal: AbortSignal) => Promise<void>;

/** Called once, before anything of the exchange is looked at. */
type BeforeStart = (signal: AbortSignal) => Promise<void>;

/** A SASL exchange as a session sees it: log lines and delays belong to it. */
export class AuthDialogue {
  readonly #exchange: SaslExchange;
  readonly #beforeStart: BeforeStart;
  readonly #beforeAnswer: BeforeAnswer;

  constructor(exchange: SaslExchange, beforeStart: BeforeStart, beforeAnswer: BeforeAnswer) {
    this.#exchange = exchange;
    this.#beforeStart = beforeStart;
    this.#beforeAnswer = beforeAnswer;
  }

  async start(initial: ByteString | null, signal: AbortSignal): Promise<SaslReply> {
    await this.#beforeStart(signal);
    return this.#heard(await this.#exchange.start(initial, signal), signal);
  }

  async next(response: ByteString, signal: AbortSignal): Promise<SaslReply> {
    return this.#heard(await this.#exchange.next(response, signal), signal);
  }

  async #heard(reply: SaslReply, signal: AbortSignal): Promise<SaslReply> {
    if (reply.kind === 'answer') await this.#beforeAnswer(reply, signal);
    return reply;
  }
}
