import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { dvproxy } from './command-line.js';

// One text file is one story: a sentence, command lines with all that they print, and the files that they read.
//
//   A wrong password is refused, and the exit code says so.
//
//   $ dvproxy simulate bob -c proxy.conf --password-stdin
//   < wrong
//   bob: refused: password mismatch
//   stderr| ...
//   [exit 1]
//
//   -- proxy.conf --
//   passdb { ...

/** One command line with its standard input and what it printed. */
export interface CaseCommand {
  readonly line: string;
  readonly stdin: readonly string[];
  readonly printed: string;
}

export interface CaseFile {
  readonly title: string;
  readonly commands: readonly CaseCommand[];
  readonly files: ReadonlyMap<string, string>;
}

export function parseCase(text: string): CaseFile {
  const [head = '', ...parts] = text.split(/^-- (\S+) --\n/m);
  const files = new Map<string, string>();
  for (let at = 0; at + 1 < parts.length; at += 2) files.set(parts[at] ?? '', parts[at + 1] ?? '');
  const [title = '', ...blocks] = head.split(/^\$ /m);
  return { title: title.trim().replaceAll(/\s+/g, ' '), commands: blocks.map(parseCommand), files };
}

function parseCommand(block: string): CaseCommand {
  const [line = '', ...rest] = block.split('\n');
  const inputs = rest.findIndex((each) => !each.startsWith('< '));
  const stdin = rest.slice(0, inputs).map((each) => each.slice(2));
  return { line, stdin, printed: rest.slice(inputs).join('\n').trimEnd() };
}

/** The text of a case with other output. */
export function formatCase({ title, commands, files }: CaseFile): string {
  const blocks = commands.map(({ line, stdin, printed }) =>
    [`$ ${line}`, ...stdin.map((each) => `< ${each}`), ...(printed === '' ? [] : [printed])].join('\n'),
  );
  const ends = [...files].map(([name, content]) => `-- ${name} --\n${content}`);
  return `${[title, ...blocks].join('\n\n')}\n\n${ends.join('')}`;
}

/** Runs the commands in a folder of their own, beside a link to the project's fixtures. */
export async function runCase(file: CaseFile): Promise<readonly CaseCommand[]> {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-case-'));
  try {
    symlinkSync(resolve('fixtures'), join(folder, 'fixtures'));
    for (const [name, content] of file.files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    process.chdir(folder);
    const done: CaseCommand[] = [];
    for (const command of file.commands)
      done.push({ ...command, printed: steady(await print(command), folder) });
    return done;
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same in every run. */
function steady(text: string, folder: string): string {
  return text
    .replaceAll(folder, '@DIR@')
    .replaceAll(/after \d+ secs(?:, local=127\.0\.0\.1:\d+)?/g, 'after N secs');
}

async function print({ line, stdin }: CaseCommand): Promise<string> {
  const input = stdin.map((each) => `${each}\n`).join('');
  const [, ...args] = wordsOf(line);
  const askHidden = async () => stdin[0] ?? '';
  const { exit, stdout, stderr } = await dvproxy(args, input, { columns: 80, askHidden });
  const lines = stderr.split('\n').slice(0, -1);
  return [stdout, ...lines.map((each) => `stderr| ${each}\n`), ...(exit === 0 ? [] : [`[exit ${exit}]\n`])]
    .join('')
    .trimEnd();
}

/** Words as a shell splits them, with single and double quotes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replaceAll(/['"]/g, ''));
}
