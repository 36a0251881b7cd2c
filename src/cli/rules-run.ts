import type { Command } from 'commander';
import { allRules } from '../check/registry.js';
import { coloursFor } from '../report/colours.js';
import { rulesJson, rulesText } from '../report/rules.js';
import { colourChoice } from './colour-choice.js';
import { EXIT_OK } from './exit-codes.js';
import type { RulesCommandOptions } from './rules-command.js';
import type { Terminal } from './terminal.js';

export function listRules(options: RulesCommandOptions, command: Command, terminal: Terminal): number {
  const rules = [...allRules()].sort((a, b) => (a.code < b.code ? -1 : 1));
  const colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
  terminal.stdout(options.format === 'json' ? rulesJson(rules) : rulesText(rules, colours));
  return EXIT_OK;
}
