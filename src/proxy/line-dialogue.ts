import type { ByteString } from '../../grammar/bytes.js';
import type { BackendConnection } from './backend-connection.js';
import type { Destination } from './destination.js';
import type { AttachableDialogue } from './login-attempt.js';
import type { LoginClient } from './login-client.js';
import type { ProxyFailureClass } from './login-decision.js';
import { BackendExchange } from './sasl/backend-exchange.js';

/** What a dialogue with a backend needs of the client's side. */
export interface BackendClientSide {
  /** Sends a line to the client, or several without their last end. */
  reply(line: ByteString): void;
  /** The backend took the login. */
  loggedIn(line: ByteString): void;
  /** The login failed for good; the client may try again. */
  loginFailed(): void;
}

/** Logs in at a backend that answers commands one by one: POP3, Submission and ManageSieve. */
export abstract class LineDialogue<Side extends BackendClientSide = BackendClientSide>
  implements AttachableDialogue
{
  protected readonly client: LoginClient;
  protected readonly side: Side;
  protected readonly destination: Destination;
  #connection: BackendConnection | null = null;
  protected exchange: BackendExchange | null = null;

  constructor(client: LoginClient, destination: Destination, side: Side) {
    this.client = client;
    this.destination = destination;
    this.side = side;
  }

  attach(connection: BackendConnection): void {
    this.#connection = connection;
  }

  abstract reset(): void;
  abstract line(line: ByteString): void;
  abstract state(): ByteString;
  abstract failed(failure: ProxyFailureClass, reason: ByteString): void;

  protected fail(failure: ProxyFailureClass, reason: ByteString): void {
    this.#connection?.fail(failure, reason);
  }

  /** One command, or response, without its end. */
  protected send(line: ByteString): void {
    this.#connection?.send(`${line}\r\n`);
  }

  protected beginTls(): void {
    this.#connection?.startTls();
  }

  protected redirect(target: ByteString): void {
    this.#connection?.redirect(target);
  }

  /** Begins a SASL exchange, which `exchange` then is; null where its first response cannot be made. */
  protected firstResponse(): { readonly mechanism: ByteString; readonly response: ByteString } | null {
    const exchange = new BackendExchange(this.client, this.destination);
    const first = exchange.first();
    if (first.kind === 'failed') {
      this.fail('internal', first.reason);
      return null;
    }
    this.exchange = exchange;
    return { mechanism: exchange.mechanism, response: first.data };
  }
}
