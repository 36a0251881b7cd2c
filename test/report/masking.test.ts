import { expect, test } from 'vitest';
import { maskSecrets } from '../../src/report/masking.js';

test.each([
  ['connect = host=a password=secret dbname=b', 'connect = host=a password=****** dbname=b'],
  ['doveadm_password = secret', 'doveadm_password = ******'],
  ['  password = secret', '  password = ******'],
  ['dnpass = secret', 'dnpass = ******'],
  ['args = nopassword=y proxy=y pass=secret', 'args = nopassword=y proxy=y pass=******'],
  ['uri = mysql://user:secret@host/db', 'uri = mysql://user:******@host/db'],
  ['joe:{PLAIN}secret::::::proxy=y', 'joe:{PLAIN}******::::::proxy=y'],
  ['joe:secret:1000:1000', 'joe:******:1000:1000'],
  ["'{SHA512-CRYPT}$6$salt$hash' AS password", "'{SHA512-CRYPT}************' AS password"],
])('%s is shown without its secret', (line, shown) => {
  expect(maskSecrets(line)).toBe(shown);
  expect(maskSecrets(line)).toHaveLength(line.length);
});

test.each([
  'ssl_key = </etc/ssl/private/mail.key',
  "password_query = SELECT password FROM users WHERE name = '%u'",
  "password_query = SELECT 'Y' AS nopassword, '%w' AS pass",
  'args = nopassword=y proxy=y',
  'passdb {',
  'mail_path = /var/vmail/%{domain}/%{username}',
  'mail_path = /var/vmail/%{user | domain}/%{user | username}',
  'login_trusted_networks = 192.0.2.10 2001:db8::1',
])('%s has no secret', (line) => {
  expect(maskSecrets(line)).toBe(line);
});
