import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import { terminalSvg } from './terminal-svg.js';

// docs/images/mistakes.svg is what a terminal shows: `UPDATE_EXAMPLES=1 npx vitest run --project unit test/docs`.

const IMAGE = 'docs/images/mistakes.svg';
const COLUMNS = 116;
const COMMAND = 'check --map /etc/dovecot=fixtures/mistakes fixtures/mistakes/dovecot.conf';

test('the picture of ten mistakes is what check prints to a terminal', async () => {
  let output = '';
  const exitCode = await main(COMMAND.split(' '), {
    stdout: (text) => {
      output += text;
    },
    stderr: (text) => {
      output += text;
    },
    stdoutIsTty: true,
    stderrIsTty: true,
    columns: COLUMNS,
    environment: { TERM: 'xterm-256color', COLORTERM: '' },
  });
  expect(exitCode).toBe(1);
  expect(output).toContain('\u001b[');
  const svg = terminalSvg(`$ dvproxy ${COMMAND}\n${output}`, COLUMNS);
  if (process.env['UPDATE_EXAMPLES'] === '1') writeFileSync(IMAGE, svg);
  expect(svg).toBe(readFileSync(IMAGE, 'utf8'));
});
