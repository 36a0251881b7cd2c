import { createSecureContext, type PeerCertificate, type SecureContext, TLSSocket } from 'node:tls';
import { hasHandles, type StreamHandle, type TcpHandle } from './node-handles.js';

/** TLS around a TCP connection's handle, as Node's TLSSocket uses it. Writes are never done at once, and one at a time. */
export interface TlsHandle extends StreamHandle<TlsHandle> {
  onhandshakedone: (this: TlsHandle) => void;
  onerror: (this: TlsHandle, error: Error) => void;
  /** Server, after `enableCertCb`: the handshake waits until `certCbDone`. */
  oncertcb?: (this: TlsHandle, hello: { readonly servername: string }) => void;
  /** The context to go on with, for `certCbDone`. */
  sni_context?: object;
  enableCertCb(): void;
  certCbDone(): void;
  setVerifyMode(request: boolean, reject: boolean): void;
  setServername(name: string): void;
  setALPNProtocols(lengthsAndNames: Buffer): void;
  /** Client: sends its hello. */
  start(): void;
  /** Bytes that were read before. */
  receive(data: Buffer): void;
  /** Once, when the connection is closed. */
  destroySSL(): void;
  verifyError(): (Error & { readonly code?: string }) | null;
  getServername(): string | false;
  getProtocol(): string;
  getCipher(): { readonly name: string; readonly standardName: string };
  getPeerCertificate(detailed: boolean): PeerCertificate | undefined;
}

const METHODS = [
  ...['readStart', 'readStop', 'useUserBuffer', 'writeBuffer', 'writeLatin1String', 'shutdown'],
  ...['enableCertCb', 'certCbDone', 'setVerifyMode', 'setServername', 'setALPNProtocols', 'start', 'receive'],
  ...['destroySSL', 'verifyError', 'getServername', 'getProtocol', 'getCipher', 'getPeerCertificate'],
];

type Wrap = (handle: TcpHandle, context: unknown, isServer: boolean, isBusy: boolean) => TlsHandle;

interface TlsBinding {
  wrap: Wrap;
}

function isTlsBinding(value: unknown): value is TlsBinding {
  if (typeof value !== 'object' || value === null) return false;
  const wrapped: unknown = Reflect.get(value, 'TLSWrap');
  if (typeof wrapped !== 'function' || typeof Reflect.get(value, 'wrap') !== 'function') return false;
  const prototype: unknown = wrapped.prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;
  return METHODS.every((name) => typeof Reflect.get(prototype, name) === 'function');
}

/** A call of `wrap` with other arguments than this Node's own ends the process: they are looked at in a trial. */
function takesOurArguments(binding: TlsBinding): boolean {
  const { wrap } = binding;
  const secureContext = createSecureContext({ ca: [] });
  let seen: readonly unknown[] = [];
  binding.wrap = (...given) => {
    seen = given;
    throw new Error('seen');
  };
  try {
    Reflect.construct(TLSSocket, [undefined, { isServer: true, secureContext }]);
  } catch {
    // It is never made.
  } finally {
    binding.wrap = wrap;
  }
  const [handle, context, isServer, isBusy] = seen;
  if (typeof handle !== 'object' || handle === null || !('close' in handle)) return false;
  if (typeof handle.close === 'function') handle.close();
  return seen.length === 4 && context === secureContext.context && isServer === true && isBusy === false;
}

function loadWrap(): Wrap | null {
  const load: unknown = Reflect.get(process, 'binding');
  if (!hasHandles || typeof load !== 'function') return null;
  try {
    const binding: unknown = load.call(process, 'tls_wrap');
    return isTlsBinding(binding) && takesOurArguments(binding) ? binding.wrap : null;
  } catch {
    return null;
  }
}

/** undefined: nobody has asked yet. */
let wrap: Wrap | null | undefined;

/** Whether TLS can be had as a handle; else sockets are used. */
export function hasTlsHandles(): boolean {
  if (wrap === undefined) wrap = loadWrap();
  return wrap !== null;
}

export function newTls(handle: TcpHandle, secureContext: SecureContext, isServer: boolean): TlsHandle {
  if (!hasTlsHandles() || wrap === null || wrap === undefined)
    throw new Error('this Node has no TLS handles');
  return wrap(handle, secureContext.context, isServer, false);
}
