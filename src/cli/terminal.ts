/** Where a command reads and writes; tests hand in their own. */
export interface Terminal {
  stdout(text: string): void;
  stderr(text: string): void;
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

export function processTerminal(): Terminal {
  return {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    stdoutIsTty: process.stdout.isTTY === true,
    stderrIsTty: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 80,
    environment: process.env,
    ...(process.stdin.isTTY === true && process.stderr.isTTY === true ? { askLine } : {}),
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
