import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';
import { filesOf, REVIEW, type RealAnswer, type WrongPlace } from './guide-places.js';

// docs/guide-review.md is made of fixtures/guide/review.yaml and of what check says: UPDATE_EXAMPLES=1 writes it anew.

const PAGE = 'docs/guide-review.md';
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1';
const DOCUMENTS: Readonly<Record<string, string>> = {
  guide: '../shared/seeds/proxy-2.3-to-2.4-guide.md',
  wiki: '../shared/seeds/proxying-wiki-2017.txt',
};

/** The findings of a place's codes, as `--format compact` prints them. */
async function findingsOf(place: WrongPlace): Promise<string[]> {
  const { codes = [], args = '' } = place;
  if (place.files === undefined) return [];
  const { text } = await inFolder(filesOf(place), (folder) =>
    runIn(folder, `dvproxy check ${args} --format compact --map /etc/dovecot=. dovecot.conf`),
  );
  return text.split('\n').filter((line) => codes.some((code) => line.endsWith(`[${code}]`)));
}

const ASKED: Readonly<Record<RealAnswer['ask'], string>> = {
  doveconf: 'doveconf',
  setting: 'doveconf',
  auth: 'the auth process',
  'process-name': 'ps',
  transcript: 'on the wire',
  mysql: 'MariaDB',
};

function realText(real: RealAnswer): string {
  const who = real.ask === 'mysql' ? 'MariaDB' : `Dovecot ${real.version}, ${ASKED[real.ask]}`;
  if (real.ask === 'setting') return `- ${who}: \`${real.name} = ${real.answers}\``;
  return `- ${who}: \`${real.answers}\``;
}

async function placeText(place: WrongPlace): Promise<string> {
  const findings = await findingsOf(place);
  const checked = findings.length === 0 ? '' : `\n\`\`\`\n${findings.join('\n')}\n\`\`\`\n`;
  const real = place.real.length === 0 ? '' : `\n${place.real.map(realText).join('\n')}\n`;
  return `### Line ${place.line}: \`${place.says}\`\n\n${place.wrong}\n${checked}${real}`;
}

async function pageText(): Promise<string> {
  const parts: string[] = [];
  for (const [name, title] of Object.entries(REVIEW.documents)) {
    const places = REVIEW.places.filter(({ document }) => document === name);
    const texts: string[] = [];
    for (const place of places) texts.push(await placeText(place));
    parts.push(`## ${title}\n\n${places.length} places are wrong.\n\n${texts.join('\n')}`);
  }
  return [
    '# Two documents on proxying, checked',
    '',
    'What they say, what `dvproxy check` finds in it, and what the real programs answer. Made from `fixtures/guide/review.yaml`',
    'by `test/check/guide-review.test.ts`; `test/real/guide-review.test.ts` asks the programs again. The corrected configurations',
    'are in `fixtures/guide/corrected` and `fixtures/wiki/corrected`, and `check` is silent about them.',
    '',
    'Right are, among other things, the walk through two passdbs, the trust of a backend in its proxies, `nopassword` with',
    '`proxy` for users whose backend checks the password, and all of what the page of the wiki says of fields and of loops.',
    '',
    ...parts,
  ].join('\n');
}

describe.each(REVIEW.places.map((place) => ({ ...place, place })))('$document:$line $says', ({ place }) => {
  test('check finds it', async () => {
    const found = (await findingsOf(place)).map((line) => /\[(DV\d+)\]$/.exec(line)?.[1]);
    expect([...new Set(found)].sort()).toEqual([...(place.codes ?? [])].sort());
  });

  const path = DOCUMENTS[place.document] ?? '';
  if (!existsSync(path)) console.log(`skipped: the line of the document, ${path} is not there`);
  test.runIf(existsSync(path))('the document says it on this line', () => {
    expect(readFileSync(path, 'utf8').split('\n')[place.line - 1]).toContain(place.says);
  });
});

test('guide-review.md is what the fixtures and check make of it', async () => {
  const text = await pageText();
  if (UPDATE) writeFileSync(PAGE, text);
  expect(readFileSync(PAGE, 'utf8')).toBe(text);
}, 30_000);
