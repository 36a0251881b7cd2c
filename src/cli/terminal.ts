import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Where a command reads and writes; tests hand in their own. */
export interface Terminal {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Bytes that need not be UTF-8; left out: they are written as text. */
  readonly writeBytes?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  /** Columns of the terminal, 80 where unknown. */
  readonly columns: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** All of standard input; left out: the process's own. */
  readonly readStdin?: () => Buffer;
  /** Asks at the terminal for a line that is not shown; left out: the process's own terminal. */
  readonly askHidden?: (prompt: string) => Promise<string>;
  /** Asks for a line; left out: nobody sits there. */
  readonly askLine?: (prompt: string) => Promise<string>;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

/** The process's own. Texts are written at once: Node's streams would cost a tenth of a start. */
export function processTerminal(): Terminal {
  return {
    stdout: (text) => writeAll(STDOUT, text),
    stderr: (text) => writeAll(STDERR, text),
    writeBytes: (stream, bytes) => writeAll(stream === 'stdout' ? STDOUT : STDERR, bytes),
    get stdoutIsTty() {
      return isTty(STDOUT);
    },
    get stderrIsTty() {
      return isTty(STDERR);
    },
    get columns() {
      return isTty(STDOUT) ? process.stdout.columns : 80;
    },
    environment: process.env,
    ...(isTty(STDIN) && isTty(STDERR) ? { askLine } : {}),
  };
}

async function askLine(prompt: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(prompt);
  } finally {
    lines.close();
  }
}

/** Linux: memory devices such as /dev/null. */
const MEMORY_DEVICES = 1;

/** node:tty is asked only where the file can be a terminal. */
function isTty(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isCharacterDevice()) return false;
    if (process.platform === 'linux' && stat.rdev >> 8 === MEMORY_DEVICES) return false;
    return isatty(descriptor);
  } catch {
    return false;
  }
}

function writeAll(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Nobody reads on, or there is nowhere to write to.
      if (code === 'EPIPE' || code === 'EBADF') return;
      if (code !== 'EAGAIN') throw error;
      // A pipe that its other owner made non-blocking is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
