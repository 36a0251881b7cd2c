import { describe, expect, test } from 'vitest';
import { answerOf } from './doveconf-run.js';
import { loadText, messages } from './table-host.js';

const HEAD = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';

function effective(text: string) {
  const config = loadText(HEAD + text);
  expect(messages(config)).toEqual([]);
  return config.effective;
}

describe('passdbs of 2.4', () => {
  test('are evaluated in the order of the file, each with its own settings', () => {
    const { passdbs } = effective(`
passdb static {
  password = x
  skip = authenticated
  fields {
    proxy = y
    host = 10.0.0.1
  }
}
passdb second {
  driver = static
  deny = yes
  result_failure = return-fail
}
`).auth();
    expect(passdbs.map(({ index, name, driver }) => [index, name, driver])).toEqual([
      [1, 'static', 'static'],
      [2, 'second', 'static'],
    ]);
    const [first, second] = passdbs;
    expect(first?.setting('passdb_static_password')?.text).toBe('x');
    expect(first?.skip.value).toBe('authenticated');
    expect(first?.fields.map(({ name, value }) => `${name}=${value}`)).toEqual(['proxy=y', 'host=10.0.0.1']);
    expect(first?.at.line).toBe(4);
    expect(second?.deny).toBe(true);
    expect(second?.resultFailure.value).toBe('return-fail');
    expect(second?.resultSuccess.value).toBe('return-ok');
  });

  test('see a setting of their block before the global one, and the global one before the default', () => {
    const { passdbs } = effective(`
sql_driver = mysql
passdb_sql_query = SELECT outer
passdb sql {
  query = SELECT inner
}
passdb other {
  driver = sql
}
`).auth();
    expect(passdbs.map((passdb) => passdb.setting('passdb_sql_query')?.text)).toEqual([
      'SELECT inner',
      'SELECT outer',
    ]);
    expect(passdbs[0]?.setting('sql_driver')?.text).toBe('mysql');
    expect(passdbs[0]?.setting('sqlite_path')).toEqual({ text: '', origin: null });
    expect(passdbs[0]?.setting('no_such_setting')).toBeNull();
  });

  test('get the built-in values of their driver', () => {
    const { passdbs } = effective(
      'passdb ldap {\n}\npassdb lua {\n}\npassdb x {\n  driver = static\n}\n',
    ).auth();
    expect(passdbs.map((passdb) => passdb.defaultPasswordScheme)).toEqual(['crypt', null, null]);
    expect(passdbs.map((passdb) => passdb.useWorker)).toEqual([false, true, false]);
  });

  test('get no built-in scheme for passwd-file, whose name is not the one of its built-in values', () => {
    const [passdb] = effective('passdb passwd-file {\n  passwd_file_path = /x\n}\n').auth().passdbs;
    expect(passdb?.setting('passdb_default_password_scheme')).toEqual({ text: 'PLAIN', origin: null });
  });

  test('know the servers around and inside of them, in order', () => {
    const { passdbs } = effective(`
mysql db1 {
  user = a
}
passdb sql {
  mysql db2 {
    user = b
    ssl = yes
  }
}
passdb other {
  driver = sql
}
`).auth();
    const servers = passdbs.map((passdb) =>
      passdb
        .namedSections('mysql')
        .map((section) => `${section.name} ${section.setting('mysql_user')?.text}`),
    );
    expect(servers).toEqual([['db1 a', 'db2 b'], ['db1 a']]);
  });

  test('inside a protocol come before the global ones, for that protocol', () => {
    const config = effective(`
passdb outer {
  driver = static
}
protocol imap {
  passdb inner {
    driver = static
  }
}
`);
    expect(config.auth({ protocol: 'imap' }).passdbs.map(({ name }) => name)).toEqual(['inner', 'outer']);
    expect(config.auth({ protocol: 'pop3' }).passdbs.map(({ name }) => name)).toEqual(['outer']);
  });

  test('are read once for all protocols that no filter names, and anew for the one that is named', () => {
    const config = effective(
      'passdb static {\n}\nprotocol imap {\n  passdb static {\n    deny = yes\n  }\n}\n',
    );
    expect(config.auth({ protocol: 'pop3' })).toBe(config.auth());
    expect(config.auth({ protocol: 'imap' })).not.toBe(config.auth());
    expect(config.auth({ protocol: 'imap' }).passdbs[0]?.deny).toBe(true);
    expect(config.auth({ protocol: 'lmtp' }).passdbs[0]?.deny).toBe(false);
  });

  test('differ between any protocol and one that is left out by name', () => {
    const config = effective('protocol !imap {\n  auth_verbose = yes\n}\n');
    expect(config.auth({ protocol: 'pop3' })).toBe(config.auth());
    expect([config.auth().verbose, config.auth({ protocol: 'imap' }).verbose]).toEqual([true, false]);
  });

  test('take settings of a group that they use', () => {
    const { passdbs } = effective(`
group @auth strict {
  passdb_result_failure = return-fail
}
passdb a {
  driver = static
  @auth = strict
}
`).auth();
    expect(passdbs[0]?.resultFailure.value).toBe('return-fail');
  });
});

describe('settings of one connection', () => {
  test('the block that stands later in the file wins', () => {
    const config = effective(`
login_greeting = global
local 10.0.0.0/8 {
  login_greeting = local
}
protocol imap {
  login_greeting = protocol
}
remote 192.168.0.0/16 {
  protocol imap {
    login_greeting = nested
  }
}
`);
    const greeting = (filter: { localIp?: string; remoteIp?: string; protocol?: string }) =>
      config.setting('login_greeting', filter)?.text;
    expect(greeting({})).toBe('global');
    expect(greeting({ protocol: 'pop3', localIp: '10.1.2.3' })).toBe('local');
    expect(greeting({ protocol: 'imap', localIp: '10.1.2.3' })).toBe('protocol');
    expect(greeting({ protocol: 'imap', remoteIp: '192.168.1.1' })).toBe('nested');
    expect(greeting({ protocol: 'imap', remoteIp: '::ffff:192.168.1.1' })).toBe('nested');
  });

  test('a local_name with a star stands for one level of names', () => {
    const config = effective('local_name *.example.org {\n  login_greeting = x\n}\n');
    const greeting = (localName: string) => config.setting('login_greeting', { localName })?.text;
    expect(greeting('imap.EXAMPLE.org')).toBe('x');
    expect(greeting('a.imap.example.org')).toBe('Dovecot ready.');
    expect(greeting('example.org')).toBe('Dovecot ready.');
  });

  test('protocol !lmtp is everything else', () => {
    const config = effective('protocol !lmtp {\n  login_greeting = x\n}\n');
    expect(config.setting('login_greeting', { protocol: 'imap' })?.text).toBe('x');
    expect(config.setting('login_greeting', { protocol: 'lmtp' })?.text).toBe('Dovecot ready.');
  });

  test('TLS settings are the same inside of their filter and with its prefix', () => {
    const config = effective(`
ssl_server {
  cert_file = cert.pem
}
ssl_server_key_file = /etc/key.pem
ssl_client {
  ca_file = inline:text of a certificate
  ssl_min_protocol = TLSv1.3
}
`);
    const { tlsServer, tlsClient } = config.login({ protocol: 'imap' });
    expect(tlsServer.certificate?.path).toBe('/etc/dovecot/cert.pem');
    expect(tlsServer.key?.path).toBe('/etc/key.pem');
    expect(tlsServer.minProtocol).toBe('TLSv1.2');
    expect(tlsClient.ca?.inline).toBe('text of a certificate');
    expect(tlsClient.minProtocol).toBe('TLSv1.3');
  });

  test('variables of the configuration are expanded', () => {
    const config = effective('hostname = h\nlogin_greeting = $SET:hostname ready $ENV:NOBODY .\n');
    expect(config.login({ protocol: 'imap' }).greeting).toBe('h ready  .');
  });
});

describe('listeners and services', () => {
  test('built-in listeners of the enabled protocols, with what the file changes', () => {
    const config = effective(`
protocols = imap lmtp
listen = 127.0.0.1
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    listen = ::1
  }
}
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
`);
    const shown = config
      .listeners()
      .map(({ protocol, name, addresses, port, ssl }) => [protocol, name, addresses, port, ssl]);
    expect(shown).toEqual([
      ['imap', 'imaps', ['::1'], 993, true],
      ['lmtp', 'lmtp', ['127.0.0.1'], 24, false],
    ]);
  });

  test('limits come from the service, then from default_*', () => {
    const config = effective('default_process_limit = 7\nservice imap-login {\n  client_limit = 9\n}\n');
    const service = config.service('imap-login');
    expect(service?.processLimit).toBe(7);
    expect(service?.clientLimit).toBe(9);
    expect(config.service('auth')?.processLimit).toBe(1);
    expect(config.service('nothing')).toBeNull();
  });
});

describe('what is wrong is all collected', () => {
  test('one run names every mistake, the first being Dovecot’s', () => {
    const config = loadText(`${HEAD}mail_location = maildir:~/Maildir
passdb {
  driver = sql
  args = /etc/dovecot/sql.conf.ext
}
passdb x {
  skip = notfound
}
plugin {
  quota = x
}
disable_plaintext_auth = yes
auth_cache_ttl = 3600
`);
    const path = 'Error in configuration file /etc/dovecot/dovecot.conf line';
    expect(messages(config)).toEqual([
      `${path} 3: mail_location: Unknown setting: mail_location`,
      `${path} 4: passdb { } is missing section name`,
      `${path} 6: args: Unknown setting: args (passdb_args or passdb_sql_args not found either.)`,
      `${path} 9: skip: Invalid value: notfound`,
      `${path} 11: Unknown section name: plugin`,
      `${path} 14: disable_plaintext_auth: Unknown setting: disable_plaintext_auth`,
      `${path} 15: auth_cache_ttl: Time interval '3600' is missing units (add e.g. 's' for seconds)`,
    ]);
    expect(config.refusal?.dovecot?.message).toBe(messages(config)[0]);
  });

  test('names of 2.3 lead to their successors', () => {
    const config = loadText(`${HEAD}mail_location = x\nssl_cert = </x\ndisable_plaintext_auth = no\n`);
    const [location, certificate, plaintext] = config.problems;
    expect(location?.suggestions).toContain('mail_path');
    expect(certificate?.suggestions?.[0]).toBe('ssl_server_cert_file');
    expect(plaintext?.suggestions?.[0]).toBe('auth_allow_cleartext');
    expect(plaintext?.message).toContain('with the opposite value');
  });

  test('a misspelt name leads to the right one', () => {
    const config = loadText(
      `${HEAD}auth_mechanism = plain\npassdb static2 {\n  driver = static\n  password = x\n}\n`,
    );
    expect(config.problems[0]?.suggestions).toContain('auth_mechanisms');
    expect(config.problems[1]?.suggestions).toContain('passdb_static_password');
  });

  test('--lenient reads a refused value as the default and says so', () => {
    const config = loadText(`${HEAD}passdb static {\n  skip = notfound\n  password = x\n}\n`, {
      lenient: true,
    });
    expect(config.readings.map(({ text }) => text)).toEqual(['skip = notfound is read as skip = never']);
    expect(config.effective.auth().passdbs[0]?.skip.value).toBe('never');
  });
});

describe('a later 2.4', () => {
  const conf = 'dovecot_config_version = 2.4.3\ndovecot_storage_version = 2.4.3\n';

  test('has its own settings', () => {
    const text = `${conf}service_reuse_port = yes\nssl_server_key_file = /etc/key.pem\n`;
    expect(messages(loadText(text))[0]).toContain('Currently supported versions are: 2.4.0 2.4.1');
    const config = loadText(text, { version: '2.4.5' });
    expect(messages(config)).toEqual([]);
    // observed 2.4.5: paths of private keys are secrets
    expect(answerOf(config, ['-n']).stdout).toContain('  key_file = # hidden, use -P to show it\n');
  });

  test('has the defaults of the version that the file names', () => {
    const ask = (version: string) => {
      const text = `dovecot_config_version = ${version}\ndovecot_storage_version = 2.4.1\n`;
      return answerOf(loadText(text, { version: '2.4.5' }), ['lazy_expunge_only_last_instance']).stdout;
    };
    expect(ask('2.4.1')).toBe('lazy_expunge_only_last_instance = no\n');
    expect(ask('2.4.5')).toBe('lazy_expunge_only_last_instance = yes\n');
  });
});
