import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runIn } from './console.js';
import { commandsOf, fencesOf } from './markdown.js';

/** `UPDATE_EXAMPLES=1 npx vitest run test/docs` writes the output into the pages, to be read as a diff. */
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1';
const PAGES = [
  'README.md',
  'docs/commands.md',
  'docs/simulate.md',
  'docs/architecture.md',
  'docs/migration.md',
];

describe.each(PAGES)('the examples of %s print what the page says', (path) => {
  const examples = fencesOf(readFileSync(path, 'utf8'))
    .filter((fence) => fence.language === 'console')
    .flatMap(({ text }) => commandsOf(text));
  if (examples.length === 0) test('there are none', () => expect(examples).toEqual([]));

  test.each(examples)('$command', async ({ command, output }) => {
    const { text } = await runIn('.', command);
    if (UPDATE) {
      const page = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        page.replace(`$ ${command}\n${output}`, () => `$ ${command}\n${text}`),
      );
    } else expect(text).toBe(output);
  });
});
