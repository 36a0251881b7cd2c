import { afterAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { ChainRefused, openChain } from '../../src/auth/chain.js';
import { createDatabases } from '../../src/databases/open.js';
import { type CaseFolder, caseFolder, requestOfCase, SYSTEM } from './case-chain.js';
import { chainCases, type MatrixRow, ruleMatrix } from './chain-cases.js';

const vectors = chainCases();
const matrix = ruleMatrix();
const folders: CaseFolder[] = [];

afterAll(() => {
  for (const folder of folders) folder.remove();
});

/** Entries for all users: what the look-up in passdb `number` comes to is a letter of the user's name. */
function passwdFile(number: 1 | 2): string {
  return matrix.users
    .filter((user) => user.split('-')[number - 1] !== 'u')
    .map((user) => {
      const outcome = user.split('-')[number - 1];
      const broken = outcome === 'i' ? ' broken=%{nosuchvar}' : '';
      const password = outcome === 'm' ? 'otherpw' : 'pw';
      return `${user}:{PLAIN}${password}::::::f${number}=${number} common=${number}${broken}\n`;
    })
    .join('');
}

function passdb(version: string, number: 1 | 2, rule: string, skip: string): string {
  const file = version === '2.3.19.1' ? 'args' : 'passwd_file_path';
  const rules = ['success', 'failure', 'internalfail']
    .map((result) => `  result_${result} = ${rule}\n`)
    .join('');
  return `passdb p${number} {\n  driver = passwd-file\n  ${file} = @DIR@/p${number}\n  skip = ${skip}\n${rules}}\n`;
}

async function answersOf([version, rule1, rule2, skip2]: MatrixRow): Promise<string[] | string> {
  const folder = await caseFolder(vectors, {
    version,
    config: passdb(version, 1, rule1, 'never') + passdb(version, 2, rule2, skip2),
    files: { p1: passwdFile(1), p2: passwdFile(2) },
  });
  folders.push(folder);
  const config = folder.load();
  const databases = createDatabases({ config });
  try {
    const chain = await openChain({
      settings: config.effective.auth({ protocol: 'doveadm' }),
      open: databases.openPassdb,
      system: SYSTEM,
      resolve: async () => ({ kind: 'failed', message: '' }),
    });
    const answers: string[] = [];
    for (const user of matrix.users) {
      const { result, fields } = await authenticate(requestOfCase({ user, password: 'pw' }), chain);
      const letter = { ok: 'O', fail: 'F', tempfail: 'T' }[result];
      const text = fields.map(({ name, value }) => `${name}=${value}`).join(' ');
      answers.push(text === '' ? letter : `${letter}:${text}`);
    }
    return answers;
  } catch (error) {
    if (error instanceof ChainRefused) return 'FATAL';
    throw error;
  }
}

describe.each(['2.3.19.1', '2.4.1'] as const)('two passdbs in %s, every rule with every skip', (version) => {
  const rules = [...new Set(matrix.rows.map(([, rule1]) => rule1))];
  test.each(rules)('the first has %s', async (rule) => {
    for (const row of matrix.rows) {
      if (row[0] !== version || row[1] !== rule) continue;
      const wanted = typeof row[4] === 'string' ? row[4] : row[4].map((index) => matrix.answers[index]);
      expect({ row: row.slice(0, 4), answers: await answersOf(row) }).toEqual({
        row: row.slice(0, 4),
        answers: wanted,
      });
    }
  });
});
