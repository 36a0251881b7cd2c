import { type HtmlRow, htmlRow } from '../report/simulation-html.js';
import { simulationDocument } from '../report/simulation-json.js';
import { verdictText } from '../report/simulation-words.js';
import {
  type Difference,
  differencesBetween,
  type Facts,
  factsOf,
  unmetExpectations,
} from '../simulate/facts.js';
import type { Simulation } from '../simulate/simulation.js';
import { type Destined, destinedOf } from '../simulate/tally.js';
import type { UserRow } from '../simulate/user-table.js';
import type { SimulateOptions } from './simulate-command.js';
import type { Bench } from './simulate-run.js';

/** Questions that databases work on at once: what Dovecot's auth keeps busy with its workers, and some that wait. */
export const AT_ONCE = 64;

/** What is kept of an answer: plain data, so that a worker can hand it over. */
interface ManyAnswer {
  /** Databases that did not answer. */
  readonly unreachable: readonly string[];
}

/** One line of the list. */
export interface Listed extends ManyAnswer, Destined {
  /** '' where only the summary counts. */
  readonly text: string;
  /** null: no page is made. */
  readonly row: HtmlRow | null;
}

/** What is not as expected. */
export interface Checked extends ManyAnswer {
  readonly differences: readonly Difference[];
}

/** What two configurations answer differently; facts are left out where nothing is. */
export interface Compared extends Checked {
  readonly before: Facts;
  readonly after: Facts;
}

/** Asks for one row and gives what is kept of the answer. */
export type Ask<Answer> = (row: UserRow) => Answer | Promise<Answer>;

export function listing({ simulator }: Bench, options: SimulateOptions): Ask<Listed> {
  const { format, verbose, showSecrets } = options;
  const textOf = (simulation: Simulation) => {
    if (format === 'json') return `${JSON.stringify(simulationDocument(simulation, showSecrets))}\n`;
    if (format === 'html' || verbose === 0) return '';
    return `${simulation.question.user}: ${verdictText(simulation)}\n`;
  };
  const listed = (simulation: Simulation): Listed => ({
    ...destinedOf(simulation),
    unreachable: unreachableIn(simulation),
    text: textOf(simulation),
    row: format === 'html' ? htmlRow(simulation) : null,
  });
  return ({ question }) => kept(simulator.askNow(question), listed);
}

export function checking({ simulator }: Bench): Ask<Checked> {
  return ({ question, extra }) =>
    kept(simulator.askNow(question), (simulation) => ({
      unreachable: unreachableIn(simulation),
      differences: unmetExpectations(extra, factsOf(simulation)),
    }));
}

const NO_FACTS: Facts = new Map();

export function comparing(first: Bench, other: Bench): Ask<Compared> {
  return async ({ question }) => {
    const before = await first.simulator.askNow(question);
    const after = await other.simulator.askNow(question);
    const [one, two] = [factsOf(before), factsOf(after)];
    const differences = differencesBetween(one, two);
    return {
      unreachable: [...unreachableIn(before), ...unreachableIn(after)],
      differences,
      before: differences.length === 0 ? NO_FACTS : one,
      after: differences.length === 0 ? NO_FACTS : two,
    };
  };
}

function kept<Answer>(
  simulation: Simulation | Promise<Simulation>,
  keep: (simulation: Simulation) => Answer,
) {
  return simulation instanceof Promise ? simulation.then(keep) : keep(simulation);
}

function unreachableIn({ notes }: Simulation): readonly string[] {
  return notes.filter(({ code }) => code === 'unreachable').map(({ message }) => message);
}
