import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { CommandFailure, EXIT_INTERNAL, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { processTerminal, type Terminal } from './terminal.js';

/**
 * Runs one command line (without `node` and the script) and returns the exit code. Each command registers its options
 * in `NAME-command.ts`; what does the work is imported when the command runs, so that starting stays cheap.
 */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = EXIT_OK;
  const program = new Command('dvproxy')
    .description('Checks, explains and serves the configuration of Dovecot mail proxies (2.3 and 2.4)')
    .version(packageJson.version)
    .addOption(
      new Option('--color <when>', 'colours (also NO_COLOR, FORCE_COLOR)')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .showHelpAfterError('(dvproxy COMMAND --help shows the options with an example)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout(text),
      writeErr: (text) => terminal.stderr(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'dvproxy: ')),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    });
  const done = (code: number) => {
    exitCode = code;
  };
  for (const register of await commandsFor(args)) register(program, terminal, done);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
  return exitCode;
}

/** What an option means, with its choices and its default where that says something. */
function optionDescription({ description, argChoices, defaultValue }: Option): string {
  const remarks = [
    ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
    ...(typeof defaultValue === 'string' && defaultValue !== '' ? [`default: ${defaultValue}`] : []),
  ];
  return remarks.length === 0 ? description : `${description} (${remarks.join('; ')})`;
}

/** Says on stderr what ended the command; never a stack trace unless DVPROXY_DEBUG asks for it. */
function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof CommandFailure) {
    terminal.stderr(`dvproxy: ${error.message}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.stderr(`dvproxy: internal error: ${message}\nPlease report this with the command and the file.\n`);
  if (terminal.environment['DVPROXY_DEBUG'] !== undefined && error instanceof Error)
    terminal.stderr(`${error.stack}\n`);
  return EXIT_INTERNAL;
}

/** Adds one command; `done` takes its exit code. */
export type RegisterCommand = (
  program: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
) => void;

const COMMANDS: Readonly<Record<string, () => Promise<RegisterCommand>>> = {
  backend: async () => (await import('./admin-commands.js')).registerBackend,
  check: async () => (await import('./check-command.js')).registerCheck,
  config: async () => (await import('./config-command.js')).registerConfig,
  expand: async () => (await import('./expand-command.js')).registerExpand,
  explain: async () => (await import('./explain-command.js')).registerExplain,
  graph: async () => (await import('./graph-command.js')).registerGraph,
  kick: async () => (await import('./admin-commands.js')).registerKick,
  migrate: async () => (await import('./migrate-command.js')).registerMigrate,
  reload: async () => (await import('./admin-commands.js')).registerReload,
  restart: async () => (await import('./admin-commands.js')).registerRestart,
  rules: async () => (await import('./rules-command.js')).registerRules,
  serve: async () => (await import('./serve-command.js')).registerServe,
  simulate: async () => (await import('./simulate-command.js')).registerSimulate,
  'simulate-worker': async () => (await import('./simulate-worker-command.js')).registerSimulateWorker,
  stats: async () => (await import('./admin-commands.js')).registerStats,
  stop: async () => (await import('./admin-commands.js')).registerStop,
  test: async () => (await import('./test-command.js')).registerTest,
  who: async () => (await import('./admin-commands.js')).registerWho,
};

/** The command that is asked for alone, or all of them where help is wanted. */
async function commandsFor(args: readonly string[]): Promise<RegisterCommand[]> {
  const name = args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--color');
  const wanted = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (wanted !== undefined) return [await wanted()];
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}
