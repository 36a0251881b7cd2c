import { Option } from 'commander';
import { addConfigOptions, type ConfigOptions } from './common-options.js';
import type { RegisterCommand } from './main.js';

export interface GraphOptions extends ConfigOptions {
  readonly service: string;
  readonly format: 'text' | 'mermaid' | 'svg';
}

const EXAMPLE = `
Example:
  dvproxy graph -c conf/dovecot.conf
  dvproxy graph --format svg > chain.svg
`;

export const registerGraph: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('graph')
    .description('Draw the passdb chain: where each result leads, what is never reached, dead ends');
  addConfigOptions(command)
    .option('--service <name>', 'the chain of this protocol', 'imap')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['text', 'mermaid', 'svg']).default('text'),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (options: GraphOptions) => {
      const { runGraph } = await import('./graph-run.js');
      done(runGraph(options, terminal));
    });
};
