import { describe, expect, test } from 'vitest';
import {
  addressesOf,
  ConninfoError,
  parsePgsqlConnectString,
  readParameters,
} from '../../../src/databases/pgsql/conninfo.js';

describe('a PostgreSQL connect string', () => {
  test('names a host for each host= and gives the other words to all of them', () => {
    const { hosts, connectionLimit } = parsePgsqlConnectString(
      'host=a  host=b dbname=mail maxconns=3 user=u',
    );
    expect(hosts).toEqual([
      { conninfo: 'host=a dbname=mail user=u' },
      { conninfo: 'host=b dbname=mail user=u' },
    ]);
    expect(connectionLimit).toBe(3);
  });

  test('without a host is one server, with five connections', () => {
    expect(parsePgsqlConnectString('dbname=mail')).toEqual({
      hosts: [{ conninfo: 'dbname=mail' }],
      connectionLimit: 5,
    });
  });

  test('with a bad maxconns is refused in Dovecot’s words', () => {
    expect(() => parsePgsqlConnectString('maxconns=x')).toThrow('Invalid value for maxconns: x');
  });

  test('may quote a value that holds blanks', () => {
    expect([...readParameters({ conninfo: "password = 'a \\'b\\\\ c' user=u\\ v sslmode=''" })]).toEqual([
      ['password', "a 'b\\ c"],
      ['user', 'u v'],
    ]);
  });

  test.each([
    ['nonsense', 'missing "=" after "nonsense" in connection info string'],
    ["user='u", 'unterminated quoted string in connection info string'],
    ['nosuch=1', 'invalid connection option "nosuch"'],
  ])('that libpq does not take is refused in its words: %s', (conninfo, message) => {
    expect(() => readParameters({ conninfo })).toThrow(new ConninfoError(message));
  });
});

describe('the addresses of a connection', () => {
  const addresses = (conninfo: string) => addressesOf(readParameters({ conninfo }));

  test('are the socket of this machine where nothing is said', () => {
    expect(addresses('dbname=x')).toEqual([{ host: '/var/run/postgresql', hostaddr: '', port: '5432' }]);
  });

  test('follow lists of hosts and ports', () => {
    expect(addresses('host=a,b port=1,')).toEqual([
      { host: 'a', hostaddr: '', port: '1' },
      { host: 'b', hostaddr: '', port: '5432' },
    ]);
  });

  test('with lists of different lengths are refused', () => {
    expect(() => addresses('host=a,b,c port=1,2')).toThrow('could not match 2 port numbers to 3 hosts');
  });

  test('with a port that is none are refused', () => {
    expect(() => addresses('port=99999')).toThrow('invalid port number: "99999"');
  });
});
