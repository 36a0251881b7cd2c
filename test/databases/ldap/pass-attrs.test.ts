import { expect, test } from 'vitest';
import { parsePassAttrs } from '../../../src/databases/ldap/pass-attrs.js';
import { parseHosts, parseUris } from '../../../src/databases/ldap/target.js';

test('attributes, fields and templates of pass_attrs are told apart', () => {
  const { fields, attributes } = parsePassAttrs(
    'uid=user, userPassword=password,mail, l=d=x, =proxy=y, =h=%{ldap:host:none}, @site=%{ldap:seeAlso}, !cn',
    null,
  );
  expect(fields.map(({ name, attribute, template }) => [name, attribute, template])).toEqual([
    ['user', 'uid', null],
    ['password', 'userPassword', null],
    ['mail', 'mail', null],
    ['d', 'l', 'x%$'],
    ['proxy', '', 'y%$'],
    ['h', '', '%{ldap:host:none}'],
    ['site', '', '%{ldap:seeAlso}'],
    ['', 'cn', null],
  ]);
  expect(fields.map(({ isDn, skip }) => [isDn, skip]).slice(-2)).toEqual([
    [true, false],
    [false, true],
  ]);
  expect(attributes).toEqual(['uid', 'userPassword', 'mail', 'l', 'host', 'seeAlso', 'cn']);
});

test('with auth_bind the password attribute is not asked for', () => {
  expect(parsePassAttrs('uid=user,userPassword=password', 'password').attributes).toEqual(['uid']);
});

test('attributes of other entries are not asked of the first one', () => {
  expect(parsePassAttrs('l@site=host,=k=%{ldap:l@site}', null).attributes).toEqual([]);
});

test('hosts and addresses of servers', () => {
  expect(parseHosts('a b:390 [::1]:391')).toEqual([
    { scheme: 'ldap', host: 'a', port: 389 },
    { scheme: 'ldap', host: 'b', port: 390 },
    { scheme: 'ldap', host: '::1', port: 391 },
  ]);
  expect(parseUris('ldaps://x ldapi://%2frun%2fldap ldap://[2001:db8::1]/')).toEqual([
    { scheme: 'ldaps', host: 'x', port: 636 },
    { scheme: 'ldapi', host: '/run/ldap', port: 0 },
    { scheme: 'ldap', host: '2001:db8::1', port: 389 },
  ]);
  expect(parseUris('http://x')).toBe(null);
});
