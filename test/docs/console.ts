import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../src/cli/main.js';

// What `check` loads when it runs is loaded before the first test's time begins.
await import('../../src/cli/check-run.js');

/** What one command line printed: standard output, then standard error. */
export interface Printed {
  readonly text: string;
  readonly exitCode: number;
}

/** Runs `dvproxy ARGS` in this process, in another directory. */
export async function runIn(folder: string, commandLine: string): Promise<Printed> {
  const before = process.cwd();
  let stdout = '';
  let stderr = '';
  process.chdir(folder);
  try {
    const exitCode = await main(wordsOf(commandLine).slice(1), {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      stdoutIsTty: false,
      stderrIsTty: false,
      columns: 80,
      environment: {},
    });
    return { text: stdout + stderr, exitCode };
  } finally {
    process.chdir(before);
  }
}

/** Words as a shell splits them, with single and double quotes. */
function wordsOf(commandLine: string): string[] {
  return [...commandLine.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/['"]/g, ''),
  );
}

/** A folder with the given files for as long as `work` takes. */
export async function inFolder<T>(
  files: ReadonlyMap<string, string>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-docs-'));
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
