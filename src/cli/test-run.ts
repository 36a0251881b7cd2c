import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { errnoText } from '../config/errno-text.js';
import { KNOWN_VERSIONS, parseVersion } from '../knowledge/versions.js';
import { coloursFor } from '../report/colours.js';
import { passed, type TestResult, testReport } from '../report/test-results.js';
import { factsOf, unmetExpectations } from '../simulate/facts.js';
import type { Simulation } from '../simulate/simulation.js';
import { TableProblem } from '../simulate/table-problem.js';
import { readTestFile, type TestFile } from '../simulate/test-file.js';
import { colourChoice } from './colour-choice.js';
import { loadFor } from './config-file.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { refusalOf } from './refusal.js';
import { openBench, startFailure } from './simulate-run.js';
import type { Terminal } from './terminal.js';
import type { TestOptions } from './test-command.js';

/** Runs all tests of all files and prints one report. */
export async function runTests(
  paths: readonly string[],
  options: TestOptions,
  command: Command,
  terminal: Terminal,
): Promise<number> {
  const results: TestResult[] = [];
  for (const path of paths) results.push(...(await runFile(path, readFile(path), terminal)));
  const colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
  terminal.stdout(testReport(results, options.format, colours));
  return results.every(passed) ? EXIT_OK : EXIT_NO;
}

function readFile(path: string): TestFile {
  try {
    return readTestFile(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof TableProblem) throw new CommandFailure(`${path}: ${error.message}`, EXIT_USAGE);
    throw new CommandFailure(`cannot read ${path}: ${errnoText(error)}`, EXIT_USAGE);
  }
}

async function runFile(path: string, file: TestFile, terminal: Terminal): Promise<TestResult[]> {
  const beside = (name: string) => (name.startsWith('/') ? name : join(dirname(path), name));
  const version = file.dovecot === null ? null : parseVersion(file.dovecot);
  if (file.dovecot !== null && version === null)
    throw new CommandFailure(`${path}: dovecot: known versions are ${KNOWN_VERSIONS}`, EXIT_USAGE);
  const options = {
    config: beside(file.config),
    map: file.map.map(({ from, to }) => ({ from, to: beside(to) })),
    lenient: file.lenient,
    fixture: file.fixtures.map(beside),
    resolve: false,
    format: 'text' as const,
    ...(version === null ? {} : { dovecot: version }),
  };
  const failAll = (error: string) =>
    file.cases.map(({ line, name }): TestResult => ({ file: path, line, name, unmet: [], error }));
  const config = loadFor(options.config, options);
  const refusal = refusalOf(config, file.lenient);
  if (refusal !== null) return failAll(refusal);
  for (const { text } of config.readings) terminal.stderr(`dvproxy: ${path}: lenient: ${text}\n`);
  const bench = openBench(config, options, true);
  try {
    const results: TestResult[] = [];
    for (const { line, name, question, extra } of file.cases) {
      const unmet = unmetExpectations(extra, testedFacts(await bench.simulator.ask(question)));
      results.push({ file: path, line, name, unmet, error: null });
    }
    return results;
  } catch (error) {
    return failAll(await startFailure(error));
  } finally {
    await bench.close();
  }
}

/** What can be expected: also whether a wrong password would have done. */
function testedFacts(simulation: Simulation): ReadonlyMap<string, string> {
  const open = simulation.notes.some(({ code }) => code === 'fail_open');
  return new Map([...factsOf(simulation), ['fail_open', open ? 'yes' : 'no']]);
}
