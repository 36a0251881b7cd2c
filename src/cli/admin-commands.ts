import { type Command, Option } from 'commander';
import { DEFAULT_ADMIN, parseAdmin } from './admin-option.js';
import type { RegisterCommand } from './main.js';

export interface AdminOptions {
  readonly admin: string;
  readonly format: 'text' | 'json';
}

export interface KickOptions extends AdminOptions {
  readonly host?: string;
}

/** Commands that talk to a running `dvproxy serve --admin unix:PATH`. */
function adminCommand(command: Command, example: string): Command {
  return command
    .addOption(
      new Option('--admin <unix:path>', `socket of the proxy (default: unix:${DEFAULT_ADMIN})`)
        .argParser(parseAdmin)
        .default(DEFAULT_ADMIN, `unix:${DEFAULT_ADMIN}`),
    )
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `\nExample:\n  ${example}\n\nExit codes: 0 done, 1 nothing was done, 2 wrong usage, 75 no proxy answers.\n`,
    );
}

export const registerWho: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program
      .command('who')
      .description('List the sessions of a running proxy')
      .argument('[user]', 'of this user only'),
    'dvproxy who --admin unix:/run/dvproxy/admin.sock',
  ).action(async (user: string | undefined, options: AdminOptions) => {
    const { runWho } = await import('./admin-run.js');
    done(await runWho(user, options, terminal));
  });
};

export const registerKick: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program
      .command('kick')
      .description('End the sessions of a user, or those to a backend')
      .argument('[user]', 'whose sessions to end'),
    'dvproxy kick joe@example.com',
  )
    .option('-h, --host <address>', 'those to this backend')
    .helpOption('--help', 'show this help')
    .action(async (user: string | undefined, options: KickOptions) => {
      const { runKick } = await import('./admin-run.js');
      done(await runKick(user, options, terminal));
    });
};

export const registerStats: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program.command('stats').description('Counts of a running proxy: connections, logins, backends'),
    'dvproxy stats --format json',
  ).action(async (options: AdminOptions) => {
    const { runStats } = await import('./admin-run.js');
    done(await runStats(options, terminal));
  });
};

export const registerReload: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program
      .command('reload')
      .description('Have a running proxy read its configuration again, all or nothing'),
    'dvproxy reload',
  ).action(async (options: AdminOptions) => {
    const { runReload } = await import('./admin-run.js');
    done(await runReload(options, terminal));
  });
};

export const registerBackend: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program
      .command('backend')
      .description('Backends of a running proxy that are not well; keep new sessions away from one')
      .argument('[action]', 'drain: no new sessions go there; reset: they do again, failures are forgotten')
      .argument('[address]', 'ADDRESS or ADDRESS:PORT'),
    'dvproxy backend drain 192.0.2.10',
  ).action(async (action: string | undefined, place: string | undefined, options: AdminOptions) => {
    const { runBackend } = await import('./admin-run.js');
    done(await runBackend(action, place, options, terminal));
  });
};

export const registerRestart: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program
      .command('restart')
      .description('Have another process serve in place of a running proxy; nobody is refused meanwhile'),
    'dvproxy restart',
  ).action(async (options: AdminOptions) => {
    const { runRestart } = await import('./admin-run.js');
    done(await runRestart(options, terminal));
  });
};

export const registerStop: RegisterCommand = (program, terminal, done) => {
  adminCommand(
    program.command('stop').description('Let the sessions of a running proxy end, and stop it'),
    'dvproxy stop',
  ).action(async (options: AdminOptions) => {
    const { runStop } = await import('./admin-run.js');
    done(await runStop(options, terminal));
  });
};
