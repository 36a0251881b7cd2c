import type { PeerCertificate, SecureContext } from 'node:tls';
import type { ByteString } from '../../grammar/bytes.js';
import type { TlsEvents, TlsPeer } from './connection.js';
import { HandleConnection, onRead, onWritten } from './handle-connection.js';
import { handleError, newWrite, type TcpHandle } from './node-handles.js';
import { isPassing, SHARED, TRANSFER_SIZE } from './read-buffer.js';
import { newTls, type TlsHandle } from './tls-handles.js';

/** So many bytes may wait behind a write that is not done before no more are taken. */
const QUEUE_SIZE = 262_144;

/** A connection that TLS begins on: nobody else uses it, and what was read of it already. */
export interface TlsBeginning {
  readonly tcp: TcpHandle;
  readonly early: readonly Buffer[];
}

export interface TlsServerOptions {
  readonly context: SecureContext;
  /** Context for a server name of the client. */
  contextFor(localName: ByteString): SecureContext;
  /** The client is asked for a certificate; what is wrong with it is no reason to refuse it here. */
  readonly asksCertificate: boolean;
}

export interface TlsClientOptions {
  readonly context: SecureContext;
  readonly serverName: string;
  /** ALPN; null = none. */
  readonly applicationProtocol: string | null;
}

function onHandshakeDone(this: TlsHandle): void {
  if (this.owner instanceof TlsConnection) this.owner.handshakeDone();
}

function onError(this: TlsHandle, error: Error): void {
  if (this.owner instanceof TlsConnection) this.owner.failed(error);
}

function onCertificate(this: TlsHandle, { servername }: { readonly servername: string }): void {
  if (this.owner instanceof TlsConnection) this.owner.chooseContext(servername);
}

function begin(connection: TlsConnection, early: readonly Buffer[]): void {
  connection.takeEarly(early);
}

/** A connection with TLS, of Node's handles. */
export class TlsConnection extends HandleConnection implements TlsPeer {
  declare protected readonly events: TlsEvents;
  readonly #tls: TlsHandle;
  readonly #contextFor: ((localName: ByteString) => SecureContext) | null;
  #isSecured = false;
  /** One write at a time; the others wait here. */
  #isWriting = false;
  #queue: Buffer[] = [];
  #queued = 0;
  /** The last write was refused: `drained` is to follow. */
  #isFull = false;
  #keeps = false;

  private constructor(
    tcp: TcpHandle,
    tls: TlsHandle,
    events: TlsEvents,
    contextFor: ((localName: ByteString) => SecureContext) | null,
  ) {
    super(tcp, tls, TRANSFER_SIZE, events);
    this.#tls = tls;
    this.#contextFor = contextFor;
    tls.owner = this;
    tls.onread = onRead;
    tls.onhandshakedone = onHandshakeDone;
    tls.onerror = onError;
    tls.useUserBuffer(SHARED);
  }

  static server({ tcp, early }: TlsBeginning, options: TlsServerOptions, events: TlsEvents): TlsConnection {
    const tls = newTls(tcp, options.context, true);
    const connection = new TlsConnection(tcp, tls, events, (name) => options.contextFor(name));
    if (options.asksCertificate) tls.setVerifyMode(true, false);
    tls.oncertcb = onCertificate;
    tls.enableCertCb();
    connection.#begin(early);
    return connection;
  }

  static client({ tcp, early }: TlsBeginning, options: TlsClientOptions, events: TlsEvents): TlsConnection {
    const tls = newTls(tcp, options.context, false);
    const connection = new TlsConnection(tcp, tls, events, null);
    const { serverName, applicationProtocol } = options;
    tls.setServername(serverName);
    if (applicationProtocol !== null) {
      const name = Buffer.from(applicationProtocol, 'latin1');
      tls.setALPNProtocols(Buffer.from([name.length, ...name]));
    }
    tls.start();
    connection.#begin(early);
    return connection;
  }

  #begin(early: readonly Buffer[]): void {
    if (early.length === 0) this.startReading();
    // Not within the call: it may end the connection, and the caller is in the middle of something.
    else process.nextTick(begin, this, early);
  }

  /** For `begin`. */
  takeEarly(early: readonly Buffer[]): void {
    for (const data of early) {
      if (this.destroyed) return;
      this.startReading();
      this.#tls.receive(data);
    }
  }

  /** For the handle. */
  handshakeDone(): void {
    if (this.#isSecured || this.destroyed) return;
    this.#isSecured = true;
    this.events.secured(this);
  }

  /** For the handle: of OpenSSL. */
  failed(error: Error): void {
    if (!this.destroyed) this.fail(error);
  }

  /** For the handle. */
  chooseContext(serverName: ByteString): void {
    if (this.destroyed) return;
    try {
      if (serverName !== '' && this.#contextFor !== null)
        this.#tls.sni_context = this.#contextFor(serverName).context;
      this.#tls.certCbDone();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  get protocol(): string {
    return this.#tls.getProtocol();
  }

  get cipher(): TlsPeer['cipher'] {
    return this.#tls.getCipher();
  }

  get serverName(): ByteString {
    return this.#tls.getServername() || '';
  }

  get certificate(): PeerCertificate | null {
    const certificate = this.#tls.getPeerCertificate(false);
    return certificate?.raw === undefined ? null : certificate;
  }

  get verifyProblem(): string | null {
    const problem = this.#tls.verifyError();
    return problem === null ? null : (problem.code ?? problem.message);
  }

  write(data: Buffer | string): boolean {
    if (this.closing !== 'no' || data.length === 0) return true;
    this.#keeps = false;
    if (this.#isWriting) this.#enqueue(data);
    else this.#send(data);
    this.#isFull ||= this.#queued >= QUEUE_SIZE || this.#isHeldUp;
    return !this.#isFull;
  }

  /** The kernel takes no more. */
  get #isHeldUp(): boolean {
    return this.closing !== 'now' && this.tcp.writeQueueSize > 0;
  }

  #enqueue(data: Buffer | string): void {
    let kept: Buffer;
    if (typeof data === 'string') kept = Buffer.from(data, 'latin1');
    else kept = isPassing(data) ? Buffer.from(data) : data;
    this.#keeps = kept === data;
    this.#queue.push(kept);
    this.#queued += kept.length;
  }

  #send(data: Buffer | string): void {
    const request = newWrite();
    request.oncomplete = onWritten;
    this.#isWriting = true;
    const problem =
      typeof data === 'string'
        ? this.#tls.writeLatin1String(request, data)
        : this.#tls.writeBuffer(request, data);
    if (problem !== 0) this.fail(handleError(problem, 'write'));
  }

  written(status: number): void {
    this.#isWriting = false;
    if (this.closing === 'now') return;
    if (status !== 0) {
      this.fail(handleError(status, 'write'));
      return;
    }
    const [first] = this.#queue;
    if (first !== undefined) {
      const all = this.#queue.length === 1 ? first : Buffer.concat(this.#queue, this.#queued);
      this.#queue = [];
      this.#queued = 0;
      this.#send(all);
    } else if (this.closing === 'when written') {
      this.shutDown();
      return;
    }
    if (!this.#isFull || this.#isHeldUp || this.closing !== 'no') return;
    this.#isFull = false;
    this.events.drained();
  }

  get waiting(): number {
    if (this.closing === 'now') return 0;
    return this.#queued + (this.#isHeldUp ? this.#tls.writeQueueSize : 0);
  }

  get keepsBytes(): boolean {
    return this.#keeps;
  }

  /** The end of TLS is sent whatever the other side has sent. */
  destroySoon(): void {
    if (this.closing !== 'no') return;
    if (this.#isWriting) this.closing = 'when written';
    else this.shutDown();
  }

  override closed(): void {
    this.#tls.destroySSL();
    super.closed();
  }
}
