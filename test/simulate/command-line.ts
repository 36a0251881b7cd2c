import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// Loaded here, so that no test waits for it.
import '../../src/cli/graph-run.js';
import '../../src/cli/simulate-many-run.js';
import '../../src/cli/test-run.js';
import { main } from '../../src/cli/main.js';
import type { Terminal } from '../../src/cli/terminal.js';

export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line of dvproxy in this process. */
export async function dvproxy(
  args: readonly string[],
  stdin = '',
  more: Partial<Terminal> = {},
): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const exit = await main(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: 100,
    environment: { NO_COLOR: '1', DVPROXY_DEBUG: '1' },
    readStdin: () => Buffer.from(stdin, 'utf8'),
    ...more,
  });
  return { exit, stdout, stderr };
}

/** A folder with files; `@DIR@` in them is its path. */
export function folderWith(files: Readonly<Record<string, string>>): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'dvproxy-simulate-'));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(path, name), text.replaceAll('@DIR@', path), 'latin1');
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
