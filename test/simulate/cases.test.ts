import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatCase, parseCase, runCase } from './case-file.js';

const FOLDER = 'test/simulate/cases';
/** `UPDATE_EXAMPLES=1 npx vitest run test/simulate/cases.test.ts` writes the output into the files, to be read as a diff. */
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1';

const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => ({ name, file: parseCase(readFileSync(join(FOLDER, name), 'utf8')) }));

describe.each(CASES)('$name', ({ name, file }) => {
  test(file.title, async () => {
    const printed = await runCase(file);
    if (UPDATE) writeFileSync(join(FOLDER, name), formatCase({ ...file, commands: printed }));
    else expect(formatCase({ ...file, commands: printed })).toBe(formatCase(file));
  });
});
