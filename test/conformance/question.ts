import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../src/cli/main.js';
import { type DovecotVersion, isVersion23 } from '../../src/knowledge/versions.js';
import { rootOf } from './doveconf.js';

/** One way of calling doveconf: files in a folder of its own, arguments behind `-c MAIN`, environment. */
export interface Question {
  /** Bytes (one char each) by path in the folder; `@` in them stands for the folder; null: a folder. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly main: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What is compared: standard output without comment lines, standard error line by line, and whether it was refused. */
export interface WholeAnswer {
  readonly stdout: string;
  readonly stderr: readonly string[];
  readonly refused: boolean;
}

/** Asks doveconf and dvproxy the same. */
export class Questions {
  readonly #version: DovecotVersion;
  readonly #root: string;
  readonly #folder: string;

  constructor(version: DovecotVersion) {
    this.#version = version;
    this.#root = rootOf(version);
    this.#folder = mkdtempSync(join(this.#root, '/tmp/dvq-'));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** null in place of doveconf's answer: it died. */
  async ask(
    questions: readonly Question[],
  ): Promise<{ question: Question; ours: WholeAnswer; theirs: WholeAnswer | null }[]> {
    const inside = this.#folder.slice(this.#root.length);
    const script = questions.flatMap((question, i) => {
      const folder = join(this.#folder, String(i));
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of Object.entries(question.files)) put(folder, name, text, `${inside}/${i}`);
      const environment = Object.entries(question.environment ?? {}).map(
        ([name, value]) => `${name}=${quoted(value)} `,
      );
      return [
        `cd ${inside}/${i}`,
        // To a pipe: with -h it is asked where in the output it is, and a file knows that across programs.
        `(${environment.join('')}doveconf -c ${inside}/${i}/${question.main} ${question.args.map((one) => quoted(filled(one, `${inside}/${i}`))).join(' ')} 2> .err; echo $? > .exit) | cat > .out`,
      ];
    });
    const text = Buffer.from(script.join('\n'), 'latin1');
    writeFileSync(join(this.#folder, 'script'), text);
    if (this.#root === '') execFileSync('sh', [`${inside}/script`]);
    else execFileSync('chroot', [this.#root, 'sh', `${inside}/script`]);
    const answers = [];
    for (const [i, question] of questions.entries()) {
      const read = (name: string) => readFileSync(join(this.#folder, String(i), name), 'latin1');
      const exit = Number(read('.exit'));
      // With -d nobody but Pigeonhole's helper reads the file.
      const isMute = isVersion23(this.#version) && question.args.includes('-d');
      const said = isMute
        ? read('.err').replace(/^doveconf: (?:Warning|.* in configuration file).*\n/gm, '')
        : read('.err');
      const theirs = comparable(this.#version, read('.out'), said, exit !== 0);
      // Of a signal without a word, or of an assertion of its own: nothing to compare.
      const died = exit > 128 && !theirs.stderr.some((line) => /Panic: (?!.*assertion failed)/.test(line));
      const place = `${inside}/${i}`;
      const ours = await answerOfDvproxy(this.#version, question, this.#root, place);
      answers.push({
        question,
        ours: withoutFolder(ours, place),
        theirs: died ? null : withoutFolder(theirs, place),
      });
    }
    return answers;
  }
}

/** What dvproxy answers where the files lie in a folder of a root directory. */
async function answerOfDvproxy(
  version: DovecotVersion,
  { main: file, args, environment = {} }: Question,
  root: string,
  inside: string,
): Promise<WholeAnswer> {
  let stdout = '';
  let stderr = '';
  const before = { ...process.env };
  const folder = process.cwd();
  Object.assign(process.env, environment);
  process.chdir(join(root, inside));
  const map = root === '' ? [] : ['--map', `/=${root}`];
  try {
    const exit = await main(
      [
        'config',
        '--dovecot',
        version,
        ...map,
        '-c',
        `${inside}/${file}`,
        ...args.map((one) => utf8(filled(one, inside))),
      ],
      {
        stdout: (text) => {
          stdout += Buffer.from(text, 'utf8').toString('latin1');
        },
        stderr: (text) => {
          stderr += Buffer.from(text, 'utf8').toString('latin1');
        },
        writeBytes: (stream, bytes) => {
          const text = Buffer.from(bytes).toString('latin1');
          if (stream === 'stdout') stdout += text;
          else stderr += text;
        },
        stdoutIsTty: false,
        stderrIsTty: false,
        columns: 80,
        environment: process.env,
      },
    );
    return comparable(version, stdout, stderr, exit !== 0);
  } finally {
    process.chdir(folder);
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** dvproxy's answer alone, with the folder's name as in the question. */
export async function ourAnswer(version: DovecotVersion, question: Question): Promise<WholeAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'dvq-'));
  try {
    for (const [name, text] of Object.entries(question.files)) put(folder, name, text, folder);
    return withoutFolder(await answerOfDvproxy(version, question, '', folder), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An answer that can be kept: it does not name the folder. */
function withoutFolder({ stdout, stderr, refused }: WholeAnswer, folder: string): WholeAnswer {
  const short = (text: string) => text.replaceAll(folder, '@FOLDER@');
  return { stdout: short(stdout), stderr: stderr.map(short), refused };
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function filled(text: string, folder: string): string {
  return text.replaceAll('@FOLDER@', folder);
}

function put(folder: string, name: string, text: string | null, inside: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  if (text === null) mkdirSync(path, { recursive: true });
  else if (text.startsWith('@LINK@')) symlinkSync(text.slice(6), path);
  else writeFileSync(path, filled(text, inside), 'latin1');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function comparable(version: DovecotVersion, stdout: string, stderr: string, refused: boolean): WholeAnswer {
  const lines = stderr.split('\n').filter((line) => line !== '' && !/^Aborted$|: Raw backtrace: /.test(line));
  return {
    stdout: stdout
      .split('\n')
      .filter((line) => !line.startsWith('# ') && !/^\s*managesieve_(?:notify|sieve)_capability\b/.test(line))
      .join('\n'),
    stderr: isVersion23(version) ? withoutHelper(lines) : lines,
    refused,
  };
}

/** Pigeonhole's helper of 2.3 reads the same file, with expansion, and says what it finds before doveconf does. */
function withoutHelper(lines: readonly string[]): string[] {
  const own = [...lines];
  const returned = own.findIndex((line) => line.includes('dump-capability process '));
  if (returned !== -1) {
    const fatal = own.slice(0, returned).findLastIndex((line) => line.startsWith('doveconf: Fatal: '));
    // What it read may stand on several lines.
    if (fatal === -1) own.splice(returned, 1);
    else own.splice(fatal, returned - fatal + 1);
  }
  return [...new Set(own)].filter((line) => !line.startsWith('managesieve: '));
}
