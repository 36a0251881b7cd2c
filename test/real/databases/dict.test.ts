import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dovecotMissing, saidOf, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type RedisServer, redisMissing, startRedis } from '../servers/redis.js';
import { openUserdbsOf, ourUser, withoutMaster } from '../servers/userdb-answers.js';

const required = process.env['CI'] === 'true';
const missing = dovecotMissing('2.3.19.1') ?? redisMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

/** What each key holds, by the name behind `pass/` and `user/`. */
const VALUES: Readonly<Record<string, string>> = {
  'pass/ann':
    '{"password": "{PLAIN}pw", "host": "192.0.2.1", "proxy": "y", "n": 5, "yes": true, "none": null}',
  'pass/bob': '{"password": "{PLAIN}pw"}',
  'pass/empty': '{}',
  'pass/blank': '',
  'pass/text': 'pw',
  'pass/nested': '{"password": "{PLAIN}pw", "a": {"b": 1}}',
  'pass/list': '{"password": "{PLAIN}pw", "a": [1, 2], "b": 1}',
  'pass/cut': '{"password": "{PLAIN}pw", "a": "b',
  'pass/cut2': '{"password": "{PLAIN}pw",',
  'pass/more': '{"password": "{PLAIN}pw"} x',
  'pass/comma': '{"password": "{PLAIN}pw" "a": 1}',
  'pass/colon': '{"password" "{PLAIN}pw"}',
  'pass/word': '{"password": pw}',
  'pass/name': '{"password": "{PLAIN}pw", "": 1}',
  'pass/any': '{"nopassword": "y"}',
  'pass/escape': '{"password": "{PLAIN}p\\u0077", "x": "\\u00e4\\ud83d\\ude00\\n\\/\\"", "y": "\\x"}',
  'pass/number': '{"password": "{PLAIN}pw", "a": -1.50e+3, "b": 007, "c": 1.}',
  "pass/o'neil": '{"password": "{PLAIN}pw"}',
  'pass/with space': '{"password": "{PLAIN}pw"}',
  'pass/a/b': '{"password": "{PLAIN}pw"}',
  'user/ann': '{"home": "/h/ann", "uid": "1000"}',
  'user/bob': '{"home": "/h/bob", "uid": 1001, "gid": 1001, "tempfail": null}',
  'plain/ann': 'red',
};
const USERS = [
  ...Object.keys(VALUES).filter((key) => key.startsWith('pass/')),
  'pass/nobody',
  'pass/x\\y',
].map((key) => key.slice('pass/'.length));

/** A file dict: a line for the key, a line for the value. */
const FILE = Object.entries(VALUES)
  .map(([key, value]) => `shared/mail/${key}\n${value}\n`)
  .join('');

const KEYS = `iterate_prefix = mail/user/
key passdb {
  key = mail/pass/%u
  format = json
}
key userdb {
  key = mail/user/%u
  format = json
}
key colour {
  key = mail/plain/%u
  default_value = grey
}
`;
const OBJECTS = `${KEYS}passdb_objects = passdb
userdb_objects = userdb
passdb_fields {
  colour = <%{dict:colour}>
  user = %{dict:passdb.nosuch}%u
}
userdb_fields {
  quota_rule = %{dict:colour}
  seen = %{dict:userdb.home}
}
`;

describe.skipIf(missing !== null && !required)(
  'a dict passdb and userdb of 2.3 answer as real Dovecot does',
  () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis();
      for (const [key, value] of Object.entries(VALUES)) redis.command(3, 'SET', `dv/mail/${key}`, value);
    });
    afterAll(() => redis?.remove());

    const cases: Readonly<
      Record<
        string,
        () => { readonly ext: string; readonly users: readonly string[]; readonly once?: boolean }
      >
    > = {
      'file, json objects and fields': () => ({ ext: `uri = file:@DIR@/values\n${OBJECTS}`, users: USERS }),
      'redis, json objects and fields': () => ({
        ext: `uri = redis:host=127.0.0.1:port=${redis.port}:prefix=dv/:db=3:password=${redis.password}\n${OBJECTS}`,
        users: USERS,
      }),
      'old names of keys': () => ({
        ext: 'uri = file:@DIR@/values\npassword_key = mail/pass/%u\nuser_key = mail/user/%u\nvalue_format = json\n',
        users: ['ann', 'bob', 'nobody'],
      }),
      'fields alone': () => ({
        ext: `uri = file:@DIR@/values\ndefault_pass_scheme = PLAIN\n${KEYS}passdb_fields {\n  password = %{dict:colour}\n}\nuserdb_fields {\n  home = /h/%u\n}\n`,
        users: ['ann', 'bob'],
      }),
      'nothing that is asked for': () => ({ ext: `uri = file:@DIR@/values\n${KEYS}`, users: ['ann'] }),
      'a variable that does not exist': () => ({
        ext: 'uri = file:@DIR@/values\nkey passdb {\n  key = x/%{nosuch}\n  format = json\n}\npassdb_objects = passdb\nuserdb_objects = passdb\n',
        users: ['ann'],
      }),
      'a file that is missing': () => ({ ext: `uri = file:@DIR@/nosuch\n${OBJECTS}`, users: ['ann'] }),
      // Later lines come when they like.
      'nobody listens': () => ({ ext: `uri = redis:port=1\n${OBJECTS}`, users: ['ann'], once: true }),
      'wrong password of redis': () => ({
        ext: `uri = redis:port=${redis.port}:password=wrong\n${OBJECTS}`,
        users: ['ann'],
      }),
    };

    for (const [name, make] of Object.entries(cases))
      test(name, async () => {
        const { ext, users, once } = make();
        const server = startDovecotAuth({
          version: '2.3.19.1',
          config:
            'auth_username_chars =\npassdb p1 {\n  driver = dict\n  args = @DIR@/dict.ext\n}\nuserdb u1 {\n  driver = dict\n  args = @DIR@/dict.ext\n}\n',
          files: { 'dict.ext': ext, values: FILE },
        });
        const userdbs = await openUserdbsOf(server, '2.3.19.1');
        try {
          for (const user of users) {
            for (const password of once === true ? ['pw'] : ['pw', null]) {
              const ask = { user, password };
              const real = server.real(ask);
              const ours = saidOf(await server.ours(ask));
              expect.soft({ ask, ...ours }).toEqual({ ask, ...real });
            }
            if (once === true) continue;
            const real = server.doveadm(['user', '-u', user]);
            expect
              .soft({ user, ...(await ourUser(userdbs, '2.3.19.1', user)) })
              .toEqual({ user, ...real, stderr: withoutMaster(real.stderr) });
          }
        } finally {
          await userdbs.close();
          await server.stop();
        }
      });
  },
);
