import { type Command, Option } from 'commander';
import type { TestFormat } from '../report/test-results.js';
import type { RegisterCommand } from './main.js';

export interface TestOptions {
  readonly format: TestFormat;
}

const EXAMPLE = `
Example:
  dvproxy test proxy.test.yaml
  dvproxy test --format junit tests/*.yaml > report.xml

A file names a configuration, fixtures and questions with what is expected of each; its paths count from where it lies:
  config: dovecot.conf
  map: { /etc/dovecot: . }
  fixtures: [maildb.sql]
  tests:
    - user: bob@example.com
      expect: { outcome: ok_proxy, host: 192.0.2.10, tls: starttls }
`;

export const registerTest: RegisterCommand = (program, terminal, done) => {
  program
    .command('test')
    .description('Run files of questions and expectations against configurations')
    .argument('<files...>', 'test files (YAML)')
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['text', 'tap', 'junit', 'github', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (files: readonly string[], options: TestOptions, self: Command) => {
      const { runTests } = await import('./test-run.js');
      done(await runTests(files, options, self, terminal));
    });
};
