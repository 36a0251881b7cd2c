import type { Command } from 'commander';
import type { RegisterCommand } from './main.js';

const EXAMPLE = `
Example:
  dvproxy explain DV301
`;

export const registerExplain: RegisterCommand = (program, terminal, done) => {
  program
    .command('explain')
    .description('Show the page of one rule: why, what Dovecot says, bad, good')
    .argument('<code>', 'code or name of a rule, such as DV301')
    .addHelpText('after', EXAMPLE)
    .action(async (code: string, _options: unknown, self: Command) => {
      const { explain } = await import('./explain-run.js');
      done(explain(code, self, terminal));
    });
};
