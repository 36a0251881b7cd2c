import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CHANGE_CODES } from '../migrate/change-codes.js';
import { coloursFor } from '../report/colours.js';
import { markdownForTerminal } from '../report/markdown-text.js';
import { colourChoice } from './colour-choice.js';
import { EXIT_OK } from './exit-codes.js';
import { packageRoot } from './package-root.js';
import { findRule } from './rule-names.js';
import type { Terminal } from './terminal.js';

export function explain(code: string, command: Command, terminal: Terminal): number {
  const change = Object.entries(CHANGE_CODES).find(([one]) => one === code.toUpperCase());
  if (change !== undefined) {
    const [name, title] = change;
    terminal.stdout(
      `${name} ${title}\n\nA change that dvproxy migrate makes; its report has the reason, the old and the new text. See docs/migration.md.\n`,
    );
    return EXIT_OK;
  }
  const rule = findRule(code);
  const page = readFileSync(join(packageRoot(), 'docs', 'checks', `${rule.code}.md`), 'utf8');
  const colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
  terminal.stdout(markdownForTerminal(page, colours));
  return EXIT_OK;
}
