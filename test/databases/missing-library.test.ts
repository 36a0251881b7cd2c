import { describe, expect, test } from 'vitest';
import { importDriver, MissingLibrary } from '../../src/databases/missing-library.js';

const missing = (code: string, message: string) => async (): Promise<never> => {
  throw Object.assign(new Error(message), { code });
};

describe('a driver whose library is not installed', () => {
  test.each([
    ['mysql2', 'MODULE_NOT_FOUND', "Cannot find module 'mysql2/promise'\nRequire stack:\n- /x/dvproxy.js"],
    ['pg', 'ERR_MODULE_NOT_FOUND', "Cannot find package 'pg' imported from /x/connection.js"],
    ['better-sqlite3', 'MODULE_NOT_FOUND', "Cannot find module 'better-sqlite3'\nRequire stack:\n- /x"],
    ['ldapts', 'MODULE_NOT_FOUND', "Cannot find module 'ldapts'"],
    ['jose', 'MODULE_NOT_FOUND', "Cannot find module 'jose'"],
    ['wasmoon', 'ERR_MODULE_NOT_FOUND', "Cannot find package 'wasmoon' imported from /x"],
  ])('names the package to install: %s', async (name, code, message) => {
    const loading = importDriver(name, missing(code, message));
    await expect(loading).rejects.toThrow(`run npm install ${name}`);
    await expect(loading).rejects.toBeInstanceOf(MissingLibrary);
  });

  test('a file of its own that is missing is another mistake', async () => {
    const loading = importDriver(
      'pg',
      missing('MODULE_NOT_FOUND', "Cannot find module './x.js'\n- /pg/y.js"),
    );
    await expect(loading).rejects.toThrow('./x.js');
  });
});
