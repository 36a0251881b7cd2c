import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { ChainStep, FieldChange } from '../auth/answer.js';
import type { Query } from '../auth/driver.js';
import { passdbLogName } from '../auth/passdb-lists.js';
import type { Destination } from '../proxy/destination.js';
import { isOk, type Note, type Simulation } from '../simulate/simulation.js';
import type { Trial } from '../simulate/trial.js';
import type { Colours } from './colours.js';
import { displayWidth } from './display-text.js';
import { queryLines } from './query-lines.js';
import { debugLog } from './simulation-debug-log.js';
import { destinationLines } from './simulation-destination.js';
import {
  Masking,
  originText,
  placeText,
  shown,
  stepText,
  tellingLog,
  verdictText,
} from './simulation-words.js';
import { trialLines, trialVerdict } from './trial-text.js';
import { userdbLines } from './userdb-simulation.js';

export interface SimulationTextOptions {
  readonly colours: Colours;
  /** 0: fits on a screen. 1: names, log, every change of a field. 2: the debug log as well. */
  readonly verbosity: number;
  readonly showSecrets: boolean;
  /** Columns of the terminal: long queries are broken there. */
  readonly columns: number;
  /** The destination as it was tried for real. */
  readonly trial?: Trial | null;
  /** What the client is told where no backend comes into it. */
  readonly told?: readonly ByteString[] | null;
  /** How the databases find the rows. */
  readonly plans?: ReadonlyMap<Query, readonly string[]> | null;
}

const LABEL = 9;
const INDENT = '   ';
const QUERY_LINES = 8;
const QUERY_HEAD = 4;
const LOUD: ReadonlySet<string> = new Set(['any_password', 'crash', 'flag', 'unreachable', 'warning']);

/** The explanation of one question: verdict first, then each passdb, the destination and what one should know. */
export function simulationText(simulation: Simulation, options: SimulationTextOptions): string {
  const printer = new Printer(simulation, options);
  return printer.print();
}

class Printer {
  readonly #simulation: Simulation;
  readonly #colours: Colours;
  readonly #verbosity: number;
  readonly #masking: Masking;
  readonly #columns: number;
  readonly #trial: Trial | null;
  readonly #told: readonly ByteString[];
  readonly #plans: ReadonlyMap<Query, readonly string[]>;
  readonly #lines: string[] = [];

  constructor(simulation: Simulation, options: SimulationTextOptions) {
    this.#simulation = simulation;
    this.#colours = options.colours;
    this.#verbosity = options.verbosity;
    this.#columns = options.columns;
    this.#trial = options.trial ?? null;
    this.#told = options.told ?? [];
    this.#plans = options.plans ?? new Map();
    this.#masking = new Masking(simulation, options.showSecrets);
  }

  print(): string {
    const { answer, decision, notes } = this.#simulation;
    for (const note of notes)
      if (note.code === 'lenient') this.#lines.push(this.#colours.yellow(`lenient: ${note.message}`));
    this.#verdict();
    this.#names();
    this.#lines.push('');
    for (const step of answer.steps) this.#step(step);
    if (answer.steps.length === 0) this.#lines.push('no passdb was asked');
    if (decision?.kind === 'proxy') this.#destination(decision.destination);
    if (this.#trial !== null)
      this.#lines.push(
        '',
        this.#colours.bold('Connection'),
        ...trialLines(this.#trial, this.#colours, this.#verbosity),
      );
    if (this.#simulation.userdb !== undefined)
      for (const [label, text] of userdbLines(this.#simulation.userdb)) this.#labelled(label, text);
    this.#finalFields();
    if (this.#told.length > 0) this.#lines.push('', this.#colours.bold('The client is told'));
    for (const line of this.#told) this.#lines.push(`${INDENT}${shown(this.#masking.text(line))}`);
    this.#notes();
    if (this.#verbosity >= 1) this.#log();
    return `${this.#lines.join('\n')}\n`;
  }

  #verdict(): void {
    const { outcome, question, answer, version } = this.#simulation;
    const colours = this.#colours;
    const paint = isOk(outcome) ? colours.green : outcome === 'tempfail' ? colours.yellow : colours.red;
    this.#lines.push(`${colours.bold(shownUser(question.user))}: ${paint(verdictText(this.#simulation))}`);
    if (this.#trial !== null) this.#lines.push(`the destination ${trialVerdict(this.#trial, colours)}`);
    for (const note of this.#simulation.notes)
      if (note.code === 'fail_open') this.#lines.push(colours.red.bold(`FAIL OPEN: ${noteText(note)}`));
    const asked = question.lookup
      ? `${question.service} look-up without password`
      : `${question.service} ${question.mechanism.toUpperCase()}, ${question.password === null ? 'password not given' : 'password given'}`;
    const from = question.remoteIp === '' ? '' : `, from ${question.remoteIp}`;
    const to = question.localIp === '' ? '' : `${from === '' ? ',' : ''} to ${question.localIp}`;
    const code = answer.code === null ? '' : `, code=${answer.code}`;
    this.#lines.push(colours.dim(`${asked}${from}${to}, Dovecot ${version}${code}`));
  }

  /** Given, normalised, rewritten, sent: shown where they differ, or always with -v. */
  #names(): void {
    const { question, answer, decision } = this.#simulation;
    const stages = [shownUser(question.user)];
    let name = fromUtf8(question.user);
    const next = (changed: ByteString, how: string) => {
      if (changed === name) return;
      name = changed;
      stages.push(`${shown(changed)} (${how})`);
    };
    for (const step of answer.steps.filter(({ action }) => action === 'lookup')) {
      next(step.userBefore, step.passdb.master ? 'who authenticates' : 'normalised');
      next(step.userAfter, `passdb ${shown(passdbLogName(step.passdb))}`);
    }
    if (decision?.kind === 'proxy') next(decision.destination.user, 'sent');
    const master = answer.masterUser === '' ? '' : `; master user ${shown(answer.masterUser)}`;
    const original =
      this.#verbosity === 0
        ? ''
        : `; original_user ${shown(answer.originalUser)}, user ${shown(answer.user)}`;
    if (stages.length === 1 && master === '' && original === '') return;
    this.#lines.push(this.#colours.dim(`names: ${stages.join(' -> ')}${master}${original}`));
  }

  #step(step: ChainStep): void {
    const { passdb } = step;
    const name = shown(passdbLogName(passdb));
    const driver = name === passdb.driver ? '' : ` (${shown(passdb.driver)})`;
    const head = `${passdb.index}. ${this.#colours.bold(name)}${driver}  ${this.#colours.dim(placeText(passdb.at))}`;
    if (step.action !== 'lookup') {
      this.#lines.push(`${head}  ${this.#colours.dim(stepText(step))}`);
      return;
    }
    this.#lines.push(head);
    for (const query of step.queries) {
      const rows = query.rows === null ? 'no answer' : query.rows === 1 ? '1 row' : `${query.rows} rows`;
      this.#query(query.text);
      this.#lines.push(this.#colours.dim(`${INDENT}${' '.repeat(LABEL)}${rows} from ${query.database}`));
      const plan = this.#plans.get(query) ?? [];
      for (const [at, line] of plan.entries()) this.#labelled(at === 0 ? 'plan' : '', line);
    }
    if (step.userAfter !== step.userBefore) {
      const from = step.fields.findLast(({ effect }) => effect === 'user')?.from;
      const origin = from === undefined ? '' : `  ${this.#colours.dim(originText(from, [step]))}`;
      this.#labelled('user', `${shown(step.userBefore)} -> ${shown(step.userAfter)}${origin}`);
    }
    this.#changes(step);
    for (const entry of tellingLog(step)) this.#labelled(entry.level, shown(this.#masking.text(entry.text)));
    const paint = step.result === 'ok' || step.result === 'next' ? this.#colours.green : this.#colours.red;
    this.#labelled('result', paint(stepText(step)));
  }

  /** Broken at its clauses; beyond some lines only with -v. */
  #query(text: ByteString): void {
    const width = Math.max(40, this.#columns - INDENT.length - LABEL);
    const lines = queryLines(shown(this.#masking.text(text)), width);
    const short = this.#verbosity > 0 || lines.length <= QUERY_LINES;
    // What a query asks for stands at its end.
    const left = `... (${lines.length - QUERY_LINES + 1} lines more with -v)`;
    const kept = short
      ? lines
      : [...lines.slice(0, QUERY_HEAD), left, ...lines.slice(1 - QUERY_LINES + QUERY_HEAD)];
    kept.forEach((line, index) => {
      this.#labelled(index === 0 ? 'query' : '', line);
    });
  }

  #changes(step: ChainStep): void {
    const changes = step.fields.filter((change) => this.#verbosity >= 1 || isTelling(change, step));
    const texts = changes.map((change) => this.#changeText(change));
    const width = Math.min(44, Math.max(0, ...texts.map(displayWidth)));
    changes.forEach((change, index) => {
      const text = texts[index] ?? '';
      const gap = ' '.repeat(Math.max(1, width - displayWidth(text) + 2));
      this.#labelled(
        index === 0 ? 'fields' : '',
        `${text}${gap}${this.#colours.dim(originText(change.from, [step]))}`,
      );
    });
  }

  #changeText(change: FieldChange): string {
    const value = this.#masking.field(change.name, change.value);
    const field =
      value === null || value === '' ? shown(change.name) : `${shown(change.name)}=${shown(value)}`;
    switch (change.effect) {
      case 'set':
      case 'hidden':
      case 'user':
        return field;
      case 'password':
        return 'password';
      case 'replaced':
        return `${field} (replaces)`;
      case 'removed':
        return `${shown(change.name)} (removed)`;
      case 'kept':
        return `${field} (not set: there already)`;
      case 'rolled_back':
        return `${field} (dropped: the passdb failed)`;
    }
  }

  #destination(destination: Destination): void {
    this.#lines.push('', this.#colours.bold('Destination'));
    for (const [label, text, from] of destinationLines(this.#simulation, destination, this.#verbosity >= 1))
      this.#labelled(label, from === '' ? text : `${text}  ${this.#colours.dim(from)}`);
  }

  /** The whole answer with -v; otherwise the steps have shown its parts. */
  #finalFields(): void {
    const { answer } = this.#simulation;
    if (this.#verbosity === 0) return;
    this.#lines.push('', this.#colours.bold('Answer of the auth process'));
    this.#lines.push(`${INDENT}user=${shown(answer.user)}`);
    if (answer.code !== null) this.#lines.push(`${INDENT}code=${answer.code}`);
    for (const field of answer.fields) {
      const value = this.#masking.field(field.name, field.value);
      const text = value === null ? shown(field.name) : `${shown(field.name)}=${shown(value)}`;
      this.#lines.push(`${INDENT}${text}  ${this.#colours.dim(originText(field.from, answer.steps))}`);
    }
  }

  #notes(): void {
    const notes = this.#simulation.notes.filter(({ code }) => code !== 'lenient' && code !== 'fail_open');
    if (notes.length === 0) return;
    this.#lines.push('');
    for (const note of notes) {
      const loud = LOUD.has(note.code);
      const text = `note: ${noteText(note)}`;
      this.#lines.push(loud ? this.#colours.yellow(text) : this.#colours.dim(text));
    }
  }

  #log(): void {
    const own = this.#simulation.answer.log.filter(({ level }) => level !== 'debug');
    const lines =
      this.#verbosity >= 2 ? debugLog(this.#simulation) : own.map((entry) => entry.line ?? entry.text);
    if (lines.length === 0) return;
    this.#lines.push('', this.#colours.bold('Log of the auth process'));
    for (const line of lines) this.#lines.push(`${INDENT}${shown(this.#masking.text(line))}`);
  }

  #labelled(label: string, text: string): void {
    this.#lines.push(`${INDENT}${this.#colours.dim(label.padEnd(LABEL))}${text}`);
  }
}

/** What the default explanation shows: what stays, and what a failing passdb tried to change for good. */
function isTelling(change: FieldChange, step: ChainStep): boolean {
  if (change.effect === 'password' || change.effect === 'hidden') return false;
  // The line of the user's name says it.
  if (change.effect === 'user' && step.userAfter !== step.userBefore) return false;
  if (step.result === 'ok' || step.result === 'next') return true;
  return change.effect === 'user';
}

function noteText({ message, rule }: Note): string {
  return rule === undefined ? message : `${message} [${rule}]`;
}

function shownUser(user: string): string {
  const text = shown(Buffer.from(user, 'utf8').toString('latin1'));
  return text.length > 200 ? `${text.slice(0, 200)}... (${user.length} characters)` : text;
}
