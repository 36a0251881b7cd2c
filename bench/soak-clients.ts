import { connect, type Socket } from 'node:net';

/** What the clients have seen so far. */
export interface SoakReport {
  readonly open: number;
  readonly logins: number;
  /** Sessions that ended, by their group. */
  readonly ended: Readonly<Record<string, number>>;
  /** Bytes that were on their way when a session ended, by its group. */
  readonly lost: Readonly<Record<string, number>>;
  /** Logins that were refused or cut before their answer. */
  readonly refused: number;
  /** Bytes that came back as they were sent. */
  readonly echoed: number;
  /** Bytes that came back otherwise. */
  readonly wrong: number;
  /** Bytes on their way in the sessions that are open. */
  readonly pending: number;
}

/** Users of one kind: `stable0`, `stable1`, ... */
interface SoakGroup {
  readonly name: string;
  readonly count: number;
  /** They send and check all the time. */
  readonly busy: boolean;
}

/** Sessions of the soak; the backend of `failing` goes away for a while. */
export const SOAK_GROUPS: readonly SoakGroup[] = [
  { name: 'idle', count: 10_000, busy: false },
  { name: 'stable', count: 250, busy: true },
  { name: 'failing', count: 250, busy: true },
];

/** Logins at a time. */
const CONCURRENCY = 100;
const LARGEST = 16_384;
/** A busy client sends again after its last piece came back and up to that long. */
const PAUSE_MS = 1000;
/** A client whose session ended comes back after that. */
const RETURN_MS = 1000;
/** Bytes are taken from here, from a place that moves on: a lost, doubled or changed one shows. */
const PATTERN = pattern(1 << 20);

function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let at = 0; at < size; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

const counts = { open: 0, logins: 0, refused: 0, echoed: 0, wrong: 0, pending: 0 };
const ended: Record<string, number> = {};
const lost: Record<string, number> = {};

/** Logs everybody in, keeps them busy or idle, and tells its parent what it asks for. */
export async function runSoakClients(port: number): Promise<void> {
  process.on('message', () => process.send?.({ ...counts, ended, lost } satisfies SoakReport));
  process.on('disconnect', () => process.exit(0));
  const waiting = SOAK_GROUPS.flatMap((group) =>
    Array.from({ length: group.count }, (_, index) => ({ group, index })),
  );
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      await stay(port, next.group, next.index);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** Resolves when the first login is done; the session goes on, and is begun again where it ends. */
async function stay(port: number, group: SoakGroup, index: number): Promise<void> {
  let socket: Socket;
  try {
    socket = await logIn(port, `${group.name}${index}`);
  } catch {
    counts.refused += 1;
    setTimeout(() => void stay(port, group, index), RETURN_MS);
    return;
  }
  counts.logins += 1;
  counts.open += 1;
  let pending = 0;
  let place = index * 4096;
  let expected = place;
  const send = () => {
    const size = 1 + ((place * 7919) % LARGEST);
    const start = place % (PATTERN.length - size);
    const piece = PATTERN.subarray(start, start + size);
    place += size;
    expected = start;
    pending = size;
    counts.pending += size;
    socket.write(piece);
  };
  let timer: NodeJS.Timeout | null = null;
  socket.on('data', (chunk: Buffer) => {
    const fits =
      chunk.length <= pending &&
      PATTERN.compare(chunk, 0, chunk.length, expected, expected + chunk.length) === 0;
    if (fits) counts.echoed += chunk.length;
    else counts.wrong += chunk.length;
    expected += chunk.length;
    pending -= chunk.length;
    counts.pending -= chunk.length;
    if (pending <= 0) timer = setTimeout(send, (place * 31) % PAUSE_MS);
  });
  socket.once('close', () => {
    if (timer !== null) clearTimeout(timer);
    counts.open -= 1;
    counts.pending -= pending;
    ended[group.name] = (ended[group.name] ?? 0) + 1;
    lost[group.name] = (lost[group.name] ?? 0) + pending;
    setTimeout(() => void stay(port, group, index), RETURN_MS);
  });
  if (group.busy) send();
}

function logIn(port: number, user: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    const onData = (chunk: Buffer) => {
      if (text === '') socket.write(`a LOGIN ${user} secret\r\n`);
      text += chunk.toString('latin1');
      if (!/^a [A-Z]+.*\r\n/m.test(text)) return;
      if (!/^a OK /m.test(text)) {
        socket.destroy();
        return;
      }
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(socket);
    };
    const onClose = () => reject(new Error(text));
    socket.on('error', () => undefined);
    socket.on('data', onData);
    socket.on('close', onClose);
  });
}
