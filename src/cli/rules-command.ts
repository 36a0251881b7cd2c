import { type Command, Option } from 'commander';
import type { RegisterCommand } from './main.js';

export interface RulesCommandOptions {
  readonly format: 'text' | 'json';
}

const EXAMPLE = `
Example:
  dvproxy rules --format json
`;

export const registerRules: RegisterCommand = (program, terminal, done) => {
  program
    .command('rules')
    .description('List all rules of check with their codes')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', EXAMPLE)
    .action(async (options: RulesCommandOptions, self: Command) => {
      const { listRules } = await import('./rules-run.js');
      done(listRules(options, self, terminal));
    });
};
