import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, resolve } from 'node:path';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import { ChainRefused } from '../auth/chain.js';
import { check } from '../check/runner.js';
import type { Config } from '../config/config.js';
import { errnoText } from '../config/errno-text.js';
import type { ConfigHost } from '../config/host.js';
import { loadConfig } from '../config/load.js';
import type { PathMap } from '../config/mapped-files.js';
import { createDatabases } from '../databases/open.js';
import { allUsers, UserListFailure } from '../databases/user-list.js';
import { seriesOf } from '../knowledge/versions.js';
import type { Migration } from '../migrate/migrate.js';
import { openPoints, type Proof, type ProofDifference, type ProofRun } from '../migrate/proof/proof.js';
import { isKept, type ScenarioAnswer, scenariosOf, scenarioText } from '../migrate/proof/scenario.js';
import { RIGHT, type Script, scriptedPassdb, scriptOf } from '../migrate/proof/scripted-passdb.js';
import { differencesBetween, factsOf } from '../simulate/facts.js';
import { type Question, questionOf } from '../simulate/question.js';
import { Simulator } from '../simulate/simulator.js';
import { TableProblem } from '../simulate/table-problem.js';
import { userRows } from '../simulate/user-table.js';
import { mappedPath } from './config-file.js';
import { CommandFailure, EXIT_TEMPORARY, EXIT_USAGE } from './exit-codes.js';
import { DEFAULTS } from './expand-scope.js';
import type { MigrateOptions } from './migrate-command.js';
import { writeMigration } from './migrate-write.js';
import { nodeFileProbe } from './node-file-probe.js';
import { nodeConfigHost } from './node-host.js';
import { nodeSystem } from './node-system.js';
import { openBench } from './simulate-run.js';

const PROTOCOLS: readonly string[] = ['imap', 'pop3', 'submission', 'sieve', 'lmtp'];
/** Drivers that answer from files of this machine: their users are asked without being told to. */
const LOCAL = new Set(['passwd-file', 'static']);
const MAX_DERIVED = 50;

/** Checks the result of a migration, and asks both configurations the same questions. */
export async function verifyMigration(
  config: Config,
  migration: Migration,
  options: MigrateOptions,
): Promise<Proof> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-verify-'));
  try {
    writeMigration(migration, folder);
    const maps = [...options.map, ...newPlaces(config, migration, folder)];
    const host = newFilesHost(config, migration, options);
    const result = loadConfig({ path: config.main.path, host, maps: options.map, version: options.target });
    const found = check(result, { files: nodeFileProbe(options.map), now: Date.now() });
    const known = new Set(
      check(config, { files: nodeFileProbe(options.map), now: Date.now() })
        .filter(({ severity }) => severity === 'error')
        .map(({ code }) => code),
    );
    const all = found.filter(({ severity }) => severity === 'error');
    const errors = all
      .filter(({ code }) => !known.has(code))
      .map(({ code, message, place }) => {
        const file =
          place === null ? '' : `${nameOf(config, place.source)}:${place.source.lineAt(place.span.start)}: `;
        return `${file}${message} [${code}]`;
      });
    const isRefused = result.refusal !== null;
    const scenarios = isRefused ? { asked: 0, differing: [] } : await compareScenarios(config, result);
    const users = isRefused ? null : await compareUsers(config, result, maps, options);
    const drivers = config.effective.auth().passdbs.map(({ driver }) => driver);
    const facts = { usersAsked: users !== null, drivers, localMail: hasLocalMail(config) };
    return {
      errors,
      inherited: all.length - errors.length,
      warnings: found.filter(({ severity }) => severity === 'warning').length,
      scenarios,
      users,
      open: openPoints(migration, facts),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file as the new tree names it. */
function nameOf({ main }: Config, { path }: Source): string {
  return posix.relative(posix.dirname(toUtf8(main.path)), posix.normalize(toUtf8(path)));
}

/** This machine with the new files in the places of the old ones. */
function newFilesHost({ main }: Config, { files }: Migration, { map }: MigrateOptions): ConfigHost {
  const base = nodeConfigHost();
  const real = mappedPath(map);
  const texts = new Map(
    files.map(({ path, text }) => [
      resolve(real(posix.join(posix.dirname(toUtf8(main.path)), path))),
      Buffer.from(text, 'latin1'),
    ]),
  );
  return {
    environment: base.environment,
    isDirectory: (path) => base.isDirectory(path),
    glob: (pattern) => (texts.has(resolve(pattern)) ? [pattern] : base.glob(pattern)),
    readFile: (path) => texts.get(resolve(path)) ?? base.readFile(path),
  };
}

/** The new files under the names that they will have. */
function newPlaces({ main }: Config, { files }: Migration, folder: string): PathMap[] {
  return files.map(({ path }) => ({
    from: posix.join(posix.dirname(toUtf8(main.path)), path),
    to: join(folder, path),
  }));
}

function hasLocalMail({ effective }: Config): boolean {
  return (effective.setting('mail_location')?.text ?? '') !== '';
}

/** The chains of both with databases that answer in every combination. */
async function compareScenarios(old: Config, now: Config): Promise<ProofRun> {
  const protocols = PROTOCOLS.filter((name) => old.effective.protocols.includes(name));
  let asked = 0;
  const differing: ProofDifference[] = [];
  for (const protocol of protocols.length > 0 ? protocols : ['imap']) {
    const auth = old.effective.auth({ protocol });
    let answers: ReadonlyMap<number, ScenarioAnswer> = new Map();
    const scripts = new Map(auth.passdbs.map((block) => [block.index, scriptOf(block, old)] as const));
    const kept = auth.passdbs.filter(isKept).map(({ index }) => index);
    const open = (config: Config, oldIndex: (index: number) => number): Simulator =>
      scripted(config, scripts, (index) => answers.get(oldIndex(index)) ?? 'unknown', oldIndex);
    const before = open(old, (index) => index);
    const after = open(now, (index) => kept[index - 1] ?? 0);
    try {
      for (const scenario of scenariosOf(auth, protocol)) {
        answers = scenario.answers;
        asked += 1;
        const question = questionOf('alice@example.com', {
          service: protocol,
          password: scenario.lookup ? null : RIGHT,
          lookup: scenario.lookup,
          ...(scenario.master ? { master: 'boss@example.com' } : {}),
        });
        const changes = await changesOf(before, after, question);
        if (changes.length > 0) differing.push({ question: scenarioText(scenario, auth), changes });
      }
    } finally {
      await before.close();
      await after.close();
    }
  }
  return { asked, differing };
}

function scripted(
  config: Config,
  scripts: ReadonlyMap<number, Script>,
  answer: (index: number) => ScenarioAnswer,
  oldIndex: (index: number) => number,
): Simulator {
  const databases = createDatabases({ config });
  return new Simulator({
    config,
    openPassdb: async (block) => {
      const script = scripts.get(oldIndex(block.index));
      if (block.driver === 'static' || script === undefined) return databases.openPassdb(block);
      return scriptedPassdb(block, script, () => answer(block.index), seriesOf(config.version));
    },
    system: nodeSystem(),
    resolve: null,
    detailed: false,
    lenient: false,
    doveadm: false,
  });
}

/** What differs between the answers to one question; a chain that does not start is an answer, too. */
async function changesOf(before: Simulator, after: Simulator, question: Question) {
  const [one, other] = [await factsFrom(before, question), await factsFrom(after, question)];
  return differencesBetween(one, other);
}

async function factsFrom(simulator: Simulator, question: Question): Promise<ReadonlyMap<string, string>> {
  try {
    return factsOf(await simulator.ask(question));
  } catch (error) {
    if (!(error instanceof ChainRefused)) throw error;
    return new Map([['outcome', `auth: Fatal: ${error.message}`]]);
  }
}

/** Users by the databases, with the right password, a wrong one, and as LMTP asks. */
async function compareUsers(
  old: Config,
  now: Config,
  maps: readonly PathMap[],
  options: MigrateOptions,
): Promise<ProofRun | null> {
  const bench = {
    map: options.map,
    fixture: options.fixture,
    resolve: false,
    lenient: false,
    format: 'text' as const,
  };
  const before = openBench(old, bench, false);
  const after = openBench(now, { ...bench, map: [...maps] }, false);
  try {
    let asked = 0;
    const differing: ProofDifference[] = [];
    for await (const question of questionsAbout(old, options)) {
      for (const way of waysOf(question, old)) {
        asked += 1;
        const changes = await changesOf(before.simulator, after.simulator, way);
        if (changes.length > 0) differing.push({ question: questionText(way), changes });
      }
    }
    return asked === 0 ? null : { asked, differing };
  } catch (error) {
    if (error instanceof UserListFailure) throw new CommandFailure(error.message, EXIT_TEMPORARY);
    if (error instanceof TableProblem)
      throw new CommandFailure(`${options.users ?? ''}: ${error.message}`, EXIT_USAGE);
    throw error;
  } finally {
    await before.close();
    await after.close();
  }
}

const WRONG: ByteString = 'dvproxy-wrong-password';

function waysOf(question: Question, { effective }: Config): Question[] {
  const lookup = { ...question, service: 'lmtp', lookup: true, password: null };
  return [
    question,
    { ...question, password: WRONG },
    ...(effective.protocols.includes('lmtp') ? [lookup] : []),
  ];
}

function questionText({ user, service, password, lookup }: Question): string {
  return `${user}, ${service}${lookup ? ' look-up' : password === WRONG ? ', wrong password' : ''}`;
}

/** Lines of the table of users. Fails the command where it cannot be read. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(`cannot read ${path}: ${errnoText(error)}`, EXIT_USAGE);
  }
  yield* text.split('\n');
}

async function* questionsAbout(config: Config, options: MigrateOptions): AsyncGenerator<Question> {
  const service = PROTOCOLS.find((name) => config.effective.protocols.includes(name)) ?? 'imap';
  const template = questionOf('', { service });
  if (options.users !== undefined)
    for await (const { question } of userRows(linesOf(options.users), template)) yield question;
  if (options.allUsers) {
    const databases = createDatabases({
      config,
      fixtures: options.fixture,
      mapPath: mappedPath(options.map),
    });
    const scope = { auth: DEFAULTS, providers: new Map(), system: nodeSystem() };
    const names = allUsers({
      config,
      databases,
      scope,
      mapPath: mappedPath(options.map),
      protocol: fromUtf8(service),
    });
    for await (const name of names) yield { ...template, user: toUtf8(name) };
    await databases.close();
  }
  if (options.users === undefined && !options.allUsers) yield* derivedQuestions(config, options, template);
}

/** The first users of the passwd-files, where nothing but files is asked, and one whom nobody knows. */
async function* derivedQuestions(
  config: Config,
  { fixture, map }: MigrateOptions,
  template: Question,
): AsyncGenerator<Question> {
  const { passdbs } = config.effective.auth({ protocol: fromUtf8(template.service) });
  if (fixture.length === 0 && !passdbs.every(({ driver }) => LOCAL.has(driver))) return;
  const host = nodeConfigHost();
  const real = mappedPath(map);
  const names = new Set<string>();
  for (const { driver, args } of passdbs) {
    const path = driver === 'passwd-file' ? /(?:^| )(\/[^%]*)$/.exec(args.text)?.[1] : undefined;
    if (path === undefined) continue;
    try {
      const text = host.readFile(real(path)).toString('utf8');
      for (const [, name = ''] of text.matchAll(/^([^:#\n][^:\n]*):/gm))
        if (names.size < MAX_DERIVED) names.add(name);
    } catch {
      // A file that is missing here answers "unknown" in both.
    }
  }
  for (const user of [...names, 'nobody.of.that.name']) yield { ...template, user };
}
