/** The database of chains that ask one: some users, values that matter to the walk, NULL and empty ones. */
export const USERS_TABLE = `
CREATE TABLE users (userid TEXT, password TEXT, nopass TEXT, host TEXT, proxy TEXT, extra TEXT, newname TEXT);
INSERT INTO users VALUES ('ann', '{PLAIN}pw', NULL, '192.0.2.9', 'Y', '1', NULL);
INSERT INTO users VALUES ('bob', '{PLAIN}other', NULL, NULL, NULL, '', NULL);
INSERT INTO users VALUES ('carl@a.org', NULL, 'Y', '192.0.2.8', NULL, NULL, 'carl');
INSERT INTO users VALUES ('dan@b.org', '{PLAIN}pw', NULL, '192.0.2.5', 'Y', 'it''s', 'eve');
INSERT INTO users VALUES ('eve', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO users VALUES ('fay@a.org', '{PLAIN}pw', NULL, NULL, NULL, '2', NULL);
INSERT INTO users VALUES ('fay@a.org', '{PLAIN}pw', NULL, NULL, NULL, '3', NULL);
`;

/** Look-ups in it, in both variable languages. */
export const RANDOM_QUERIES: readonly [Query, ...Query[]] = [
  query("SELECT userid AS user, password, host, proxy FROM users WHERE userid = '%U'"),
  query("SELECT password, nopass AS nopassword, extra AS a FROM users WHERE userid = '%U'"),
  query("SELECT nopass AS nopassword, password, newname AS user FROM users WHERE userid = '%U'"),
  query("SELECT password, host, proxy, '%U' AS destuser, extra AS 'b' FROM users WHERE userid LIKE '%N%%'"),
  query("SELECT NULL AS password, 'Y' AS nopassword, 'Y' AS proxy, '192.0.2.3' AS host, '%D' AS c"),
  query("SELECT host FROM users WHERE userid = '%U'"),
  query("SELECT nosuch FROM users WHERE userid = '%U'"),
  query("SELECT 'pw' AS password, extra AS userdb_quota, newname AS username FROM users WHERE userid = '%U'"),
  query("SELECT 'x' AS password_noscheme, '' AS fail_over, '10.0.0.0/8' AS allow_nets"),
];

interface Query {
  readonly '2.3': string;
  readonly '2.4': string;
}

/** `%U`, `%N` and `%D` stand for the user, its local part and its domain. */
function query(text: string): Query {
  const in24: Readonly<Record<string, string>> = {
    U: '%{user}',
    N: '%{user | username}',
    D: '%{user | domain}',
  };
  return {
    '2.3': text.replace(/%([UND])/g, (_, letter: string) => `%${letter.toLowerCase()}`),
    '2.4': text.replace(/%([UND])/g, (_, letter: string) => in24[letter] ?? '').replaceAll('%%', '%'),
  };
}
