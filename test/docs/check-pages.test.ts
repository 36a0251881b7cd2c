import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allRules } from '../../src/check/registry.js';
import { inFolder, runIn } from './console.js';
import { commandsOf, type Fence, fencesOf } from './markdown.js';

const FOLDER = 'docs/checks';
/** Findings that no text of a configuration can show: they need a file that cannot be opened, NUL bytes, a server's modes. */
const WITHOUT_EXAMPLE = new Set([
  'DV107',
  'DV109',
  'DV112',
  'DV215',
  'DV509',
  'DV510',
  'DV511',
  'DV512',
  'DV513',
  'DV515',
  'DV830',
]);
/** `UPDATE_EXAMPLES=1 npx vitest run test/docs` writes the output into the pages, to be read as a diff. */
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1';

const PAGES = readdirSync(FOLDER).filter((name) => /^DV\d+\.md$/.test(name));

test('every rule has a page and every page a rule', () => {
  expect(PAGES.map((name) => name.slice(0, -3)).sort()).toEqual(
    allRules()
      .map(({ code }) => code)
      .sort(),
  );
});

describe.each([...allRules()].sort((a, b) => (a.code < b.code ? -1 : 1)))('$code $name', (rule) => {
  const path = join(FOLDER, `${rule.code}.md`);
  const page = existsSync(path) ? readFileSync(path, 'utf8') : '';

  test('the page has the name, the title, the severity and the versions of the rule', () => {
    const versions = rule.versions.join(' and ');
    expect(page).toContain(
      `# ${rule.code} ${rule.name}\n\n${rule.title}.\n\nSeverity: ${rule.severity}. Dovecot: ${versions}.`,
    );
  });

  if (WITHOUT_EXAMPLE.has(rule.code)) return;

  test('the bad example is found, with the output of the page', async () => {
    const output = await exampleOutput(page, 'Bad', path);
    const codes = [...output.matchAll(/\[(DV\d+) /g)].map(([, code]) => code);
    expect(new Set(codes)).toEqual(new Set([rule.code]));
  });

  test('the good example is silent', async () => {
    expect(await exampleOutput(page, 'Good', path)).toMatch(
      /^No problems in \d+ files? \(Dovecot 2\.[34]\.[\d.]+\)\.\n$/,
    );
  });
});

/** Runs the example under a heading, compares with the page (or rewrites the page) and returns what was printed. */
async function exampleOutput(page: string, heading: string, path: string): Promise<string> {
  const fences = fencesOf(page).filter((fence) => fence.heading === heading);
  const console = fences.find((fence) => fence.language === 'console');
  if (console === undefined) throw new Error(`no console block under "## ${heading}"`);
  const files = new Map(
    fences.flatMap(({ file, text }: Fence) => (file === null ? [] : [[file, text] as const])),
  );
  const [{ command, output }] = commandsOf(console.text) as [{ command: string; output: string }];
  const printed = await inFolder(files, (folder) => runIn(folder, command));
  if (UPDATE && !printed.text.startsWith('dvproxy: ')) {
    const current = readFileSync(path, 'utf8');
    const block = fencesOf(current).find(
      (fence) => fence.heading === heading && fence.language === 'console',
    );
    if (block !== undefined)
      writeFileSync(
        path,
        `${current.slice(0, block.start)}$ ${command}\n${printed.text}${current.slice(block.end)}`,
      );
  } else {
    expect(printed.text).toBe(output);
  }
  return printed.text;
}
