import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { errnoText } from '../config/errno-text.js';
import { allUsers, UserListFailure } from '../databases/user-list.js';
import { coloursFor } from '../report/colours.js';
import { HtmlReport } from '../report/simulation-html.js';
import {
  type DifferenceReport,
  differenceJson,
  differenceText,
  expectationsSummary,
  tallyText,
} from '../report/simulation-many.js';
import { type Answered, answersInOrder } from '../simulate/answers-in-order.js';
import type { Difference } from '../simulate/facts.js';
import type { Question } from '../simulate/question.js';
import type { Simulator } from '../simulate/simulator.js';
import { TableProblem } from '../simulate/table-problem.js';
import { Tally } from '../simulate/tally.js';
import { readExpectations } from '../simulate/test-file.js';
import { type UserRow, userRows } from '../simulate/user-table.js';
import { colourChoice } from './colour-choice.js';
import { loadFor, mappedPath } from './config-file.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_TEMPORARY, EXIT_USAGE } from './exit-codes.js';
import { DEFAULTS } from './expand-scope.js';
import { nodeSystem } from './node-system.js';
import { refusalOf } from './refusal.js';
import type { SimulateOptions } from './simulate-command.js';
import { compareAll } from './simulate-compare-run.js';
import {
  type Ask,
  AT_ONCE,
  type Checked,
  checking,
  comparing,
  type Listed,
  listing,
} from './simulate-many-answers.js';
import { otherOptions } from './simulate-other.js';
import { readPassword } from './simulate-password.js';
import { type Bench, openBench, questionFor, startFailure } from './simulate-run.js';
import { RefusedInWorker, SimulateWorkers } from './simulate-workers.js';
import type { Terminal } from './terminal.js';
import { WatchedRows } from './watched-rows.js';

/** As a shell answers a program that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

/** Two configurations, many users, or a table of expectations. */
export async function runMany(
  user: string | undefined,
  options: SimulateOptions,
  command: Command,
  terminal: Terminal,
): Promise<number> {
  if (options.format === 'doveadm' || options.format === 'mermaid')
    throw new CommandFailure(
      `--format ${options.format} answers one question of one configuration`,
      EXIT_USAGE,
    );
  if (options.format === 'html' && (options.compare !== undefined || options.expect !== undefined))
    throw new CommandFailure('--format html shows the answers of one configuration', EXIT_USAGE);
  if (options.allUsers && options.expect !== undefined)
    throw new CommandFailure('give one of --all-users and --expect', EXIT_USAGE);
  if (options.users !== undefined && options.expect !== undefined)
    throw new CommandFailure(
      'give one of --users and --expect: the table of expectations names the users',
      EXIT_USAGE,
    );
  if (options.record !== undefined && options.workers > 1)
    throw new CommandFailure('--record listens to one worker', EXIT_USAGE);
  const bench = openOrRefuse(options.config, options, terminal);
  if (bench === null) return EXIT_NO;
  const other =
    options.compare === undefined
      ? null
      : openOrRefuse(options.compare, otherOptions(options.compare, options), terminal);
  const workers = options.workers > 1 && (options.compare === undefined || other !== null);
  const pool = workers ? new SimulateWorkers(options) : null;
  try {
    if (options.compare !== undefined && other === null) return EXIT_NO;
    const watched = new WatchedRows(terminal);
    const rows = watched.rows(rowsFor(user, options, bench, terminal, watched));
    const output = new Output(options, command, terminal);
    const answers = <Answer>(ask: Ask<Answer>) =>
      pool === null ? answersInOrder(rows, ask, AT_ONCE) : pool.answers<Answer>(rows);
    const exitCode =
      other !== null
        ? await compareAll(answers(comparing(bench, other)), output)
        : options.expect === undefined
          ? await listAll(answers(listing(bench, options)), bench, output, watched)
          : await expectAll(answers(checking(bench)), output);
    return watched.interrupted ? EXIT_INTERRUPTED : exitCode;
  } catch (error) {
    if (error instanceof TableProblem) {
      throw new CommandFailure(`${options.users ?? options.expect ?? ''}: ${error.message}`, EXIT_USAGE);
    }
    if (error instanceof UserListFailure) throw new CommandFailure(error.message, EXIT_TEMPORARY);
    const words = error instanceof RefusedInWorker ? error.message : await startFailure(error);
    terminal.stderr(`${words}\n`);
    return EXIT_NO;
  } finally {
    await pool?.close();
    await bench.close();
    await other?.close();
  }
}

function openOrRefuse(path: string, options: SimulateOptions, terminal: Terminal): Bench | null {
  const config = loadFor(path, options);
  const refusal = refusalOf(config, options.lenient);
  if (refusal === null) {
    for (const { text } of config.readings) terminal.stderr(`dvproxy: ${path}: lenient: ${text}\n`);
    return openBench(config, options, false);
  }
  terminal.stderr(
    `${refusal}\ndvproxy: Dovecot refuses ${path}; --lenient goes on and says how it was read\n`,
  );
  return null;
}

async function* rowsFor(
  user: string | undefined,
  options: SimulateOptions,
  bench: Bench,
  terminal: Terminal,
  watched: WatchedRows,
): AsyncGenerator<UserRow> {
  const table = options.users ?? options.expect;
  const template = questionFor(user ?? '', options, await readPassword(options, terminal));
  if (user !== undefined) yield { line: 0, question: template, extra: new Map() };
  if (options.allUsers) yield* listedUsers(template, options, bench);
  if (options.expect !== undefined && /\.ya?ml$/.test(options.expect))
    yield* readExpectations(await textOf(options.expect, terminal), template);
  else if (table !== undefined)
    yield* userRows(linesOf(table, terminal, watched), template, options.expect !== undefined);
}

async function* listedUsers(
  template: Question,
  options: SimulateOptions,
  { simulator, databases }: Bench,
): AsyncGenerator<UserRow> {
  const names = allUsers({
    config: simulator.config,
    databases,
    scope: { auth: DEFAULTS, providers: new Map(), system: nodeSystem() },
    mapPath: mappedPath(options.map),
    protocol: fromUtf8(template.service),
  });
  let line = 0;
  for await (const name of names) {
    line += 1;
    yield { line, question: { ...template, user: toUtf8(name) }, extra: new Map() };
  }
}

async function textOf(path: string, terminal: Terminal): Promise<string> {
  const lines: string[] = [];
  for await (const line of linesOf(path, terminal)) lines.push(line);
  return lines.join('\n');
}

async function* linesOf(path: string, terminal: Terminal, watched?: WatchedRows): AsyncGenerator<string> {
  if (path === '-' && terminal.readStdin !== undefined) {
    yield* terminal.readStdin().toString('utf8').split('\n');
    return;
  }
  const file = path === '-' ? null : createReadStream(path);
  const input = file ?? process.stdin;
  const size = file !== null && existsSync(path) ? statSync(path).size : 0;
  if (file !== null && size > 0) watched?.follow(() => file.bytesRead / size);
  const opened = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) =>
      reject(new CommandFailure(`cannot read ${path}: ${errnoText(error)}`, EXIT_USAGE)),
    );
  });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), opened]);
    if (next.done === true) return;
    yield next.value;
  }
}

class Output {
  readonly #options: SimulateOptions;
  readonly #terminal: Terminal;
  readonly colours;
  readonly tally = new Tally();
  readonly byName = new Map<string, number>();
  differing = 0;
  readonly #said = new Set<string>();
  #page: HtmlReport | null = null;

  constructor(options: SimulateOptions, command: Command, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
    this.colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
  }

  /** The page begins with the first answer: before it something may still be refused. */
  beginPage({ config }: Simulator): void {
    if (this.#options.format !== 'html') return;
    const facts = { config: config.main.path, dovecot: config.version };
    this.#page = new HtmlReport(facts, (text) => this.write(text));
  }

  endPage(interrupted: boolean): void {
    this.#page?.end(interrupted);
  }

  get all(): boolean {
    return this.#options.verbose > 0;
  }

  contextOf({ question }: UserRow): string {
    return contextOf(question);
  }

  get json(): boolean {
    return this.#options.format === 'json';
  }

  write(text: string): void {
    this.#terminal.stdout(text);
  }

  /** Databases that do not answer are named once. */
  unreachable({ unreachable }: { readonly unreachable: readonly string[] }): void {
    for (const message of unreachable) {
      if (this.#said.has(message)) continue;
      this.#said.add(message);
      this.#terminal.stderr(`dvproxy: ${message}\n`);
    }
  }

  answer(listed: Listed): void {
    this.tally.add(listed);
    if (listed.row !== null) this.#page?.add(listed.row);
    if (listed.text !== '') this.write(listed.text);
  }

  differences(row: UserRow, differences: readonly Difference[]): void {
    if (differences.length === 0) return;
    this.differing += 1;
    for (const { name } of differences) this.byName.set(name, (this.byName.get(name) ?? 0) + 1);
    const report: DifferenceReport = {
      user: row.question.user,
      context: contextOf(row.question),
      differences,
    };
    this.write(this.json ? differenceJson(report) : differenceText(report, this.colours));
  }

  summary(text: string): void {
    if (this.json || this.#page !== null) this.#terminal.stderr(text);
    else this.write(text);
  }
}

function contextOf(question: Question): string {
  return [question.service, question.remoteIp].filter((part) => part !== '').join(' from ');
}

async function listAll(
  answers: AsyncIterable<Answered<UserRow, Listed>>,
  bench: Bench,
  output: Output,
  watched: WatchedRows,
): Promise<number> {
  let begun = false;
  for await (const { answer } of answers) {
    if (!begun) output.beginPage(bench.simulator);
    begun = true;
    output.unreachable(answer);
    output.answer(answer);
  }
  if (!begun) output.beginPage(bench.simulator);
  output.endPage(watched.interrupted);
  output.summary(tallyText(output.tally, output.colours));
  if (output.tally.count('tempfail') > 0) return EXIT_TEMPORARY;
  const { tally } = output;
  return tally.count('ok_proxy') + tally.count('ok_local') + tally.count('ok_referral') === tally.total
    ? EXIT_OK
    : EXIT_NO;
}

async function expectAll(
  answers: AsyncIterable<Answered<UserRow, Checked>>,
  output: Output,
): Promise<number> {
  let total = 0;
  for await (const { row, answer } of answers) {
    total += 1;
    output.differences(row, answer.differences);
  }
  if (total === 0) throw new TableProblem('there is nothing in it to expect');
  output.summary(expectationsSummary(total, output));
  return output.differing === 0 ? EXIT_OK : EXIT_NO;
}
