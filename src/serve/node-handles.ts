import type { Server } from 'node:net';
import { getSystemErrorName } from 'node:util';

/** A request that Node answers later by calling `oncomplete`. */
export interface HandleRequest {
  oncomplete?: (this: HandleRequest, status: number, handle: { readonly owner?: unknown }) => void;
  /** Keeps bytes alive that are still to be written. */
  buffer?: Uint8Array | null;
}

/** Where one end of a connection stands. */
export interface HandleAddress {
  address?: string;
  port?: number;
}

/** What can be read and written in Node's own way. Calls give 0 or a negative errno. */
export interface StreamHandle<This> {
  /** Called with `state.read` set; a buffer that it gives is read into from then on. */
  onread: (this: This) => Uint8Array | undefined;
  /** Bytes that wait for the kernel. */
  readonly writeQueueSize: number;
  owner?: unknown;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: HandleRequest, data: Uint8Array): number;
  writeLatin1String(request: HandleRequest, data: string): number;
  shutdown(request: HandleRequest): number;
}

/** What Node's own sockets are made of: a TCP connection of libuv. */
export interface TcpHandle extends StreamHandle<TcpHandle> {
  bind(ip: string, port: number): number;
  bind6(ip: string, port: number, flags: number): number;
  connect(request: HandleRequest, ip: string, port: number): number;
  connect6(request: HandleRequest, ip: string, port: number): number;
  getsockname(into: HandleAddress): number;
  getpeername(into: HandleAddress): number;
  setNoDelay(on: boolean): number;
  close(closed?: (this: TcpHandle) => void): void;
}

interface TcpBinding {
  readonly TCP: new (kind: number) => TcpHandle;
  readonly TCPConnectWrap: new () => HandleRequest;
  readonly constants: { readonly SOCKET: number };
}

interface StreamBinding {
  readonly WriteWrap: new () => HandleRequest;
  readonly ShutdownWrap: new () => HandleRequest;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

/** libuv's UV_EOF: the other side has ended. */
export const END_OF_FILE = -4095;

function isTcpBinding(value: unknown): value is TcpBinding {
  return typeof value === 'object' && value !== null && 'TCP' in value && 'TCPConnectWrap' in value;
}

function isStreamBinding(value: unknown): value is StreamBinding {
  return (
    typeof value === 'object' &&
    value !== null &&
    'WriteWrap' in value &&
    'ShutdownWrap' in value &&
    'streamBaseState' in value &&
    value.streamBaseState instanceof Int32Array &&
    'kReadBytesOrError' in value &&
    'kLastWriteWasAsync' in value
  );
}

/**
 * Node's handles without the streams on top, which cost as much as the rest of a login together. They are not part of
 * Node's documented interface: null where this Node does not hand them out, and sockets are used instead.
 */
function loadHandles(): (TcpBinding & StreamBinding) | null {
  const binding: unknown = Reflect.get(process, 'binding');
  if (typeof binding !== 'function') return null;
  try {
    const tcp: unknown = binding.call(process, 'tcp_wrap');
    const stream: unknown = binding.call(process, 'stream_wrap');
    return isTcpBinding(tcp) && isStreamBinding(stream)
      ? {
          TCP: tcp.TCP,
          TCPConnectWrap: tcp.TCPConnectWrap,
          constants: tcp.constants,
          WriteWrap: stream.WriteWrap,
          ShutdownWrap: stream.ShutdownWrap,
          streamBaseState: stream.streamBaseState,
          kReadBytesOrError: stream.kReadBytesOrError,
          kLastWriteWasAsync: stream.kLastWriteWasAsync,
        }
      : null;
  } catch {
    return null;
  }
}

const handles = loadHandles();

/** Whether connections can be had as handles. */
export const hasHandles = handles !== null;

function given(): TcpBinding & StreamBinding {
  if (handles === null) throw new Error('this Node has no handles');
  return handles;
}

export function newConnection(): TcpHandle {
  const { TCP, constants } = given();
  return new TCP(constants.SOCKET);
}

export function newConnect(): HandleRequest {
  return new (given().TCPConnectWrap)();
}

export function newWrite(): HandleRequest {
  return new (given().WriteWrap)();
}

export function newShutdown(): HandleRequest {
  return new (given().ShutdownWrap)();
}

/** For `onread`: bytes that were read, or a negative errno. */
export function bytesRead(): number {
  const { streamBaseState, kReadBytesOrError } = given();
  return streamBaseState[kReadBytesOrError] ?? 0;
}

/** After a write: the kernel did not take everything, and its request is answered later. */
export function writeIsPending(): boolean {
  const { streamBaseState, kLastWriteWasAsync } = given();
  return streamBaseState[kLastWriteWasAsync] !== 0;
}

/** The error of a call that gave a negative errno, as Node's sockets make it. */
export function handleError(errno: number, call: string): Error {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${call} ${code}`), { code });
}

/** What a listening handle calls for each connection. */
type OnConnection = (errno: number, connection: TcpHandle) => void;

/** Hands each connection over as its handle, without a socket around it; false where that cannot be done. */
export function acceptHandles(server: Server, accept: (connection: TcpHandle) => void): boolean {
  if (!hasHandles) return false;
  const listening: unknown = Reflect.get(server, '_handle');
  if (typeof listening !== 'object' || listening === null || !('onconnection' in listening)) return false;
  const onConnection: OnConnection = (errno, connection) => {
    if (errno === 0) accept(connection);
    else server.emit('error', handleError(errno, 'accept'));
  };
  listening.onconnection = onConnection;
  return true;
}
