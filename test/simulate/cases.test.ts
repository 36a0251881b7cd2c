import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { registerGraph } from '../../src/cli/graph-command.js';
import type { RegisterCommand } from '../../src/cli/main.js';
import { registerSimulate } from '../../src/cli/simulate-command.js';
import { processTerminal } from '../../src/cli/terminal.js';
import { registerTest } from '../../src/cli/test-command.js';
import { formatCase, parseCase, runCase, wordsOf } from './case-file.js';

const FOLDER = 'test/simulate/cases';
/** `UPDATE_EXAMPLES=1 npx vitest run test/simulate/cases.test.ts` writes the output into the files, to be read as a diff. */
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1';

const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => ({ name, file: parseCase(readFileSync(join(FOLDER, name), 'utf8')) }));

/** How a question ends (cli.md). */
const OUTCOMES =
  `ok_local ok_proxy ok_referral fail_password fail_unknown_user fail_disabled fail_policy fail_config tempfail
  loop`.split(/\s+/);

/** Options of the commands, as commander knows them. */
function optionsOf(name: string, register: RegisterCommand): string[] {
  const program = new Command();
  register(program, processTerminal(), () => undefined);
  const [command] = program.commands;
  return (command?.options ?? []).map(({ long, short }) => `${name} ${long ?? short}`);
}

test('every outcome has a case of its name', () => {
  const names = CASES.map(({ name }) => name);
  expect(OUTCOMES.filter((outcome) => !names.includes(`${outcome.replaceAll('_', '-')}.txt`))).toEqual([]);
});

test('every option is in a case', () => {
  const used = new Set(
    CASES.flatMap(({ file }) =>
      file.commands.flatMap(({ line }) => {
        const [, name, ...words] = wordsOf(line);
        const long = words.map((word) =>
          word === '-c' ? '--config' : /^-v+$/.test(word) ? '--verbose' : word,
        );
        return long.map((word) => `${name} ${word}`);
      }),
    ),
  );
  const all = [
    ...optionsOf('simulate', registerSimulate),
    ...optionsOf('graph', registerGraph).filter((option) => !/dovecot|lenient/.test(option)),
    ...optionsOf('test', registerTest),
  ];
  expect(all.filter((option) => !used.has(option))).toEqual([]);
});

describe.each(CASES)('$name', ({ name, file }) => {
  test(file.title, async () => {
    const printed = await runCase(file);
    if (UPDATE) writeFileSync(join(FOLDER, name), formatCase({ ...file, commands: printed }));
    else expect(formatCase({ ...file, commands: printed })).toBe(formatCase(file));
  });
});
