import { isAbsolute, posix, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.js';
import type { Question } from '../migrate/change.js';
import { type Migration, MigrationRefused, migrate } from '../migrate/migrate.js';
import { isProved, type Proof } from '../migrate/proof/proof.js';
import { coloursFor } from '../report/colours.js';
import { fixDiff } from '../report/fix-diff.js';
import { colourChoice } from './colour-choice.js';
import { loadFor } from './config-file.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import type { MigrateOptions } from './migrate-command.js';
import { writeMigration } from './migrate-write.js';
import { nodeConfigHost } from './node-host.js';
import type { Terminal } from './terminal.js';

/** Migrates a configuration: writes the new files, prints the differences, or the report of all changes. */
export async function runMigrate(
  options: MigrateOptions,
  command: Command,
  terminal: Terminal,
): Promise<number> {
  if (options.output === undefined && !options.dryRun && options.report === undefined && !options.verify)
    throw new CommandFailure('say where to: -o DIR writes the new files, --dry-run shows them', EXIT_USAGE);
  const config = loadFor(dovecotPath(options), options);
  const migration = await migrated(config, options, terminal);
  if (migration === null) return EXIT_NO;
  if (options.dryRun) terminal.stdout(diffOf(migration, options));
  else if (options.output !== undefined) {
    const { warnings } = writeMigration(migration, options.output);
    for (const warning of warnings) terminal.stderr(`dvproxy: ${warning}\n`);
  }
  const proof = options.verify ? await proofOf(config, migration, options) : null;
  if (options.report !== undefined || options.output !== undefined)
    terminal.stdout(await reportOf(migration, proof, options, command, terminal));
  if (proof === null) return EXIT_OK;
  const { proofText } = await import('../report/migration-proof.js');
  const colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
  // A difference or a document of another format ends where it ends.
  const format = options.report ?? (options.dryRun ? 'diff' : 'text');
  if (format === 'text') terminal.stdout(proofText(proof, colours));
  else if (format === 'diff') terminal.stderr(proofText(proof, colours));
  return isProved(proof) ? EXIT_OK : EXIT_NO;
}

/** A main file below `TO` of `--map FROM=TO` has its name below FROM: its absolute includes are beside it then. */
function dovecotPath({ config, map }: MigrateOptions): string {
  const path = resolve(config);
  for (const { from, to } of map) {
    const below = relative(resolve(to), path);
    if (!below.startsWith('..') && !isAbsolute(below)) return posix.join(from, below);
  }
  return config;
}

async function proofOf(config: LoadedConfig, migration: Migration, options: MigrateOptions): Promise<Proof> {
  const { verifyMigration } = await import('./migrate-verify.js');
  return verifyMigration(config, migration, options);
}

/** null: the input is refused, and stderr says why. */
async function migrated(
  config: LoadedConfig,
  options: MigrateOptions,
  terminal: Terminal,
): Promise<Migration | null> {
  const run = (answers: ReadonlyMap<string, string>) =>
    migrate(config, {
      target: options.target,
      host: nodeConfigHost(),
      maps: options.map,
      answers,
      singleFile: options.singleFile,
    });
  try {
    const first = run(options.answer);
    refuseUnknownAnswers(first, options.answer);
    const asked = await askedAnswers(first, options.answer, terminal);
    return asked.size === options.answer.size ? first : run(asked);
  } catch (error) {
    if (!(error instanceof MigrationRefused)) throw error;
    terminal.stderr(`dvproxy: ${error.message}\n`);
    return null;
  }
}

function questionsOf({ changes }: Migration): readonly Question[] {
  const byKey = new Map(
    changes.flatMap(({ question }) => (question === undefined ? [] : [[question.key, question]])),
  );
  return [...byKey.values()];
}

/** A wrong key or choice would be passed over silently. */
function refuseUnknownAnswers(migration: Migration, answers: ReadonlyMap<string, string>): void {
  const questions = questionsOf(migration);
  for (const [key, choice] of answers) {
    const asked = questions.filter((one) => one.key === key || one.key.startsWith(`${key}/`));
    if (asked.length === 0)
      throw new CommandFailure(
        `--answer ${key}=${choice}: no such question; there are ${questions.map((one) => one.key).join(', ') || 'none'}`,
        EXIT_USAGE,
      );
    const names = asked.flatMap(({ choices }) => choices.map(({ name }) => name));
    if (!names.includes(choice))
      throw new CommandFailure(
        `--answer ${key}=${choice}: expected one of ${[...new Set(names)].join(', ')}`,
        EXIT_USAGE,
      );
  }
}

/** Asks what is not answered yet, where a person sits at the terminal. */
async function askedAnswers(
  migration: Migration,
  given: ReadonlyMap<string, string>,
  terminal: Terminal,
): Promise<ReadonlyMap<string, string>> {
  const { askLine } = terminal;
  const answers = new Map(given);
  if (askLine === undefined) return answers;
  for (const { key, text, choices, default: usual } of questionsOf(migration)) {
    if (given.has(key) || given.has(key.split('/', 1)[0] ?? key)) continue;
    terminal.stderr(`${key}: ${text}\n`);
    for (const { name, meaning } of choices) terminal.stderr(`  ${name}  ${meaning}\n`);
    const answer = (await askLine(`Answer [${usual}]: `)).trim();
    if (answer !== '' && choices.some(({ name }) => name === answer)) answers.set(key, answer);
    else if (answer !== '') terminal.stderr(`No such choice; ${usual} it is.\n`);
  }
  return answers;
}

function diffOf({ files }: Migration, { showSecrets }: MigrateOptions): string {
  return fixDiff(files, { folder: process.cwd(), showSecrets });
}

async function reportOf(
  migration: Migration,
  proof: Proof | null,
  options: MigrateOptions,
  command: Command,
  terminal: Terminal,
): Promise<string> {
  const shown = { folder: process.cwd(), showSecrets: options.showSecrets };
  switch (options.report ?? 'text') {
    case 'text': {
      const { migrationText } = await import('../report/migration-text.js');
      const colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
      return migrationText(migration, { ...shown, colours });
    }
    case 'md':
      return (await import('../report/migration-md.js')).migrationMarkdown(migration, shown, proof);
    case 'html':
      return (await import('../report/migration-html.js')).migrationHtml(migration, shown, proof);
    case 'json':
      return (await import('../report/migration-json.js')).migrationJson(migration, shown, proof);
  }
}
