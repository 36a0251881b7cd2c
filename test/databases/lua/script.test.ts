import { expect, test } from 'vitest';
import { LuaScript } from '../../../src/databases/lua/script.js';

const REQUEST = {
  variable: (name: string) => (name === 'user' ? 'z\xc3\xb6e' : null),
  expand: (template: string) => (template === 'bad' ? 'Eno such thing' : `V<${template}>`),
  field: () => null,
  userdbField: () => null,
  verify: async () => '1 ',
};

async function call(source: string): Promise<readonly (readonly string[])[]> {
  const script = await LuaScript.open('2.4', '/x.lua', source, new Map());
  const { reports } = await script.call('f', REQUEST, false, null);
  script.close();
  return reports;
}

test('a script gives a result and fields', async () => {
  expect(await call('function f(req) return dovecot.auth.PASSDB_RESULT_OK, { user = req.user } end')).toEqual(
    [
      ['result', 'number', '1'],
      ['value', 'table', ''],
      ['field', 'user', 'string', 'z\xc3\xb6e'],
    ],
  );
});

test('variables are expanded, passwords compared', async () => {
  const source = "function f(req) return req:password_verify('a', 'b'), req:var_expand('%{user}') end";
  expect(await call(source)).toEqual([
    ['result', 'number', '1'],
    ['value', 'string', '<%{user}>'],
  ]);
});

test('an error is told with its line', async () => {
  const [report] = await call("function f(req)\n  error('broken')\nend");
  expect(report?.[0]).toBe('failed');
  expect(report?.[1]).toContain('lua_pcall(f, 1, 2) failed: /x.lua:2: broken');
});

test('a function that is missing, and a library that is not here', async () => {
  expect(await call('')).toEqual([['failed', "'f' is not a function"]]);
  const [report] = await call('function f(req) return dovecot.http.client() end');
  expect(report?.[1]).toContain('dovecot.http.client is not available in dvproxy');
});

test('script_init is given the settings', async () => {
  const source = 'local s\nfunction script_init(args) s = args.a end\nfunction f() return 1, s end';
  const script = await LuaScript.open('2.4', '/x.lua', source, new Map([['a', 'b']]));
  const { reports } = await script.call('f', REQUEST, false, null);
  script.close();
  expect(reports[1]).toEqual(['value', 'string', 'b']);
});

test('a script that does not load is refused', async () => {
  await expect(LuaScript.open('2.4', '/x.lua', 'function (', new Map())).rejects.toThrow('/x.lua:1:');
});
