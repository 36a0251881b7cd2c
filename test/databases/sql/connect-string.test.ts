import { describe, expect, test } from 'vitest';
import { parseMysqlConnectString } from '../../../src/databases/sql/connect-string.js';

describe('a connect string of MySQL', () => {
  test('names its hosts one by one; the rest belongs to all of them', () => {
    const { hosts, connectionLimit } = parseMysqlConnectString(
      'host=db1 host=/run/mysqld.sock  port=3307 dbname=mail user=dovecot password=s=e maxconns=2',
    );
    expect(connectionLimit).toBe(2);
    expect(hosts.map(({ host }) => host)).toEqual(['db1', '/run/mysqld.sock']);
    expect(hosts[1]).toMatchObject({
      port: 3307,
      dbname: 'mail',
      user: 'dovecot',
      password: 's=e',
      tls: null,
    });
  });

  test('has the time-outs of Dovecot', () => {
    expect(parseMysqlConnectString('host=a').hosts[0]).toMatchObject({
      connectTimeout: 5000,
      readTimeout: 30_000,
      writeTimeout: 30_000,
      optionGroup: 'client',
    });
    expect(parseMysqlConnectString('host=a connect_timeout=1').hosts[0]).toMatchObject({
      connectTimeout: 1000,
    });
  });

  test('uses TLS once a CA is named, and verifies unless it is told not to', () => {
    expect(parseMysqlConnectString('host=a ssl_ca=/ca.pem').hosts[0]?.tls).toEqual({
      ca: '/ca.pem',
      caPath: '',
      certificate: '',
      key: '',
      cipher: 'HIGH',
      verify: true,
    });
    expect(
      parseMysqlConnectString('host=a ssl_ca_path=/cas ssl_verify_server_cert=no').hosts[0]?.tls,
    ).toMatchObject({ caPath: '/cas', verify: false });
    expect(parseMysqlConnectString('host=a ssl_cert=/c.pem').hosts[0]?.tls).toBeNull();
  });

  test.each([
    ['host', 'Missing value in connect string: host'],
    ['host=a port=0x1', 'Invalid port number: 0x1'],
    ['host=a port=70000', 'Invalid port number: 70000'],
    ['host=a client_flags=-1', 'Invalid client flags: -1'],
    ['host=a write_timeout=x', 'Invalid read_timeout: x'],
    ['host=a ssl_verify_server_cert=maybe', 'Invalid boolean: maybe'],
    ['host=a nosuch=1', 'Unknown connect string: nosuch'],
    ['host=a maxconns=x', 'Invalid value for maxconns: x'],
    ['dbname=mail', 'No hosts given in connect string'],
  ])('%s is refused in the words of Dovecot', (text, message) => {
    expect(() => parseMysqlConnectString(text)).toThrow(message);
  });

  test('needs no host with an option file', () => {
    expect(parseMysqlConnectString('option_file=/my.cnf').hosts).toMatchObject([
      { host: '', optionFile: '/my.cnf' },
    ]);
  });
});
