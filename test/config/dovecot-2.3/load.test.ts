import { describe, expect, test } from 'vitest';
import { answerOf, dumpOptionsOf } from './doveconf-answer.js';
import { loadFiles, loadText, MAIN, messages } from './table-host.js';

const atLine = (line: number, text: string) => `Error in configuration file ${MAIN} line ${line}: ${text}`;

describe('values', () => {
  test.each([
    ['auth_verbose = true', 'Invalid boolean value: true (use yes or no)'],
    ['auth_cache_ttl = 3600', "Time interval '3600' is missing units (add e.g. 's' for seconds)"],
    ['auth_cache_ttl = 10 ms', 'Milliseconds not supported for this setting: 10 ms'],
    ['auth_cache_ttl = 5 x', 'Invalid time interval: 5 x'],
    ['auth_cache_ttl = 9999999999 s', 'Time interval is too large: 9999999999 s'],
    ['auth_cache_size = 1 X', 'Invalid size: 1 X'],
    ['auth_cache_size = 99999999999999999 T', 'Size is too large: 99999999999999999 T'],
    ['first_valid_uid = -1', 'Invalid number -1: Number too small'],
    ['first_valid_uid = 1.5', 'Invalid number 1.5: Not a valid number'],
    ['first_valid_uid = 4294967296', 'Invalid number 4294967296: Number too large'],
    ['ssl = any-cert', 'Invalid value: any-cert'],
    ['doveadm_port = 65536', 'Invalid port number 65536'],
    ['= a', "Missing key name ('=' at the beginning of line)"],
    ['MAIL_LOCATION = x', 'Unknown setting: MAIL_LOCATION'],
    ['prefix = x', 'Unknown setting: prefix'],
    ['constructor = x', 'Unknown setting: constructor'],
    ['__proto__ = x', 'Unknown setting: __proto__'],
  ])('%s is refused with %s', (line, text) => {
    expect(messages(loadText(`\n${line}\n`))).toEqual([atLine(2, text)]);
  });

  test.each([
    ['auth_cache_size = 1024', 'auth_cache_size = 1 k'],
    ['auth_cache_ttl = 120 SEC', 'auth_cache_ttl = 2 mins'],
    ['login_proxy_timeout = 1500 msecs', 'login_proxy_timeout = 1500 ms'],
    ['auth_verbose = Y', 'auth_verbose = yes'],
    ['mail_location = "  a # b"', 'mail_location = "  a # b"'],
    ['mail_plugins = $mail_plugins x', 'mail_plugins = " x"'],
    ['mail_plugins = $mail_location x', 'mail_plugins = $mail_location x'],
    ['ssl_cert = < /a b', 'ssl_cert = </a b'],
    ['imapc_password = x', 'imapc_password = # hidden, use -P to show it'],
    [
      'mail_location = key=a:pass=b',
      'mail_location = key=#hidden_use-P_to_show#:pass=#hidden_use-P_to_show#',
    ],
  ])('%s is printed as %s', (line, printed) => {
    expect(answerOf(loadText(line), ['-n'])).toEqual({ stdout: `${printed}\n`, error: '' });
  });

  test('an unknown variable is refused where it is expanded', () => {
    expect(messages(loadText('namespace {\n prefix = $prefix y\n}\n'))).toEqual([
      atLine(2, 'Unknown variable: $prefix'),
    ]);
    expect(messages(loadText('mail_plugins = $foo\n', { expand: true }))).toEqual([
      atLine(1, 'Unknown variable: $foo'),
    ]);
    expect(loadText('mail_plugins = $foo\n').refusal).toBeNull();
  });

  test('expansion takes the environment and the content of files', () => {
    const config = loadFiles(
      { [MAIN]: 'mail_location = a $ENV:WORD b\nssl_ca = <ca.pem\n', '/etc/dovecot/ca.pem': 'X\n' },
      { expand: true },
    );
    expect(answerOf(config, ['-n', '-x']).stdout).toBe(
      'mail_location = a from the environment b\nssl_ca = X\n\n',
    );
    expect(messages(loadText('ssl_ca = <ca.pem\n', { expand: true }))).toEqual([
      atLine(1, "ssl_ca: Can't open file /etc/dovecot/ca.pem: No such file or directory"),
    ]);
  });
});

describe('all problems are found', () => {
  test('in Dovecot’s order, behind the first one as well', () => {
    const config = loadText('ssl = maybe\nfoo = 1\npassdb {\n  skip = notfound\n  bar = 1\n}\nk v\n}\n');
    expect(messages(config)).toEqual([
      atLine(1, 'Invalid value: maybe'),
      atLine(2, 'Unknown setting: foo'),
      atLine(4, 'Invalid value: notfound'),
      atLine(5, 'Unknown setting: passdb { bar'),
      atLine(7, "Expecting '{'"),
      atLine(8, "Unexpected '}'"),
      'passdb is missing driver',
    ]);
    expect(config.refusal?.dovecot?.message).toBe(atLine(1, 'Invalid value: maybe'));
  });

  test('but nothing is said about the inside of an unknown section', () => {
    expect(messages(loadText('foo bar {\n  a = b\n  c {\n  }\n}\nssl = yes\n'))).toEqual([
      atLine(1, 'Unknown setting: foo { foo'),
    ]);
  });

  test('a slip of the pen gets suggestions, a known name its right place', () => {
    const [slip, place, nested] = loadText(
      'auth_mechnisms = plain\nprocess_limit = 1\npassdb {\n driver = pam\n auth_cache_ttl = 1 h\n}\n',
    ).problems;
    expect(slip).toMatchObject({ kind: 'unknown-setting', suggestions: ['auth_mechanisms'] });
    expect(place).toMatchObject({ kind: 'wrong-place', suggestions: ['service/process_limit'] });
    expect(nested).toMatchObject({ kind: 'wrong-place', suggestions: ['auth_cache_ttl'] });
  });
});

describe('sections', () => {
  test('a passdb of a name that exists is refused, services of one name are merged', () => {
    expect(messages(loadText('passdb a {\n driver = x\n}\npassdb a {\n driver = y\n}\n'))).toEqual([
      atLine(4, 'passdb/a already exists'),
    ]);
    const config = loadText('service auth {\n chroot = a\n}\nservice auth {\n group = b\n}\n');
    expect(answerOf(config, ['-n']).stdout).toBe('service auth {\n  chroot = a\n  group = b\n}\n');
  });

  test('passdbs keep the order of the file, also with more than ten', () => {
    const text = Array.from({ length: 12 }, (_, at) => `passdb {\n driver = d${at}\n}\n`).join('');
    const config = loadText(text);
    expect(config.effective.auth().passdbs.map(({ driver }) => driver)).toEqual(
      Array.from({ length: 12 }, (_, at) => `d${at}`),
    );
    expect(answerOf(config, ['-n']).stdout.match(/d\d+/g)?.slice(0, 5)).toEqual([
      'd0',
      'd1',
      'd10',
      'd11',
      'd2',
    ]);
  });

  test('a section that is not closed is named with its place', () => {
    const config = loadText('ssl = no\nservice auth {\n');
    expect(config.refusal?.dovecot?.message).toBe(
      `Error in configuration file ${MAIN}: Missing '}' (section started at ${MAIN}:2)`,
    );
    expect(answerOf(config, ['-n']).stdout).toBe('ssl = no\n');
  });

  test.each([
    ['protocol imap {\n protocol pop3 {\n}\n}', 'Nested protocol { protocol { .. } } block not allowed'],
    [
      'protocol imap {\n local 10.0.0.1 {\n}\n}',
      'protocol { local { .. } } not allowed (use local { protocol { .. } } instead)',
    ],
    [
      'local 10.0.0.0/8 {\n local 11.0.0.1 {\n}\n}',
      'local net1 { local net2 { .. } } requires net2 to be inside net1',
    ],
    ['ssl = no\nlocal 10.0.0.0/33 {\n}', 'Invalid network mask: 33'],
  ])('%j is refused with %s', (text, error) => {
    expect(messages(loadText(text))).toEqual([atLine(2, error)]);
  });

  test('auth settings are refused inside local and remote filters', () => {
    expect(messages(loadText('local 10.0.0.1 {\n auth_verbose = yes\n}\n'))).toEqual([
      atLine(2, 'Auth settings not supported inside local/remote blocks: auth_verbose'),
    ]);
  });

  test('filters of different kinds that set the same fight', () => {
    const text =
      'local 10.0.0.1 {\n remote 10.0.0.2 {\n  protocol imap {\n   mail_home = a\n  }\n }\n}\nprotocol imap {\n mail_home = b\n}\n';
    expect(messages(loadText(text))).toEqual([
      `Error in configuration file ${MAIN}: Conflict in setting mail_home found from filter at ${MAIN}:8`,
    ]);
    const nested = 'local 10.0.0.0/8 {\n ssl = no\n local 10.0.0.1 {\n  ssl = yes\n }\n}\n';
    expect(loadText(nested).refusal).toBeNull();
  });

  test('a global setting behind the same one in a filter gets a warning', () => {
    expect(messages(loadText('protocol imap {\n ssl = no\n}\nssl = required\n'), 'warning')).toEqual([
      `${MAIN} line 4: Global setting ssl won't change the setting inside an earlier filter at ${MAIN} line 2 (if this is intentional, avoid this warning by moving the global setting before ${MAIN} line 2)`,
    ]);
  });
});

describe('obsolete settings', () => {
  test.each([
    ['protocols = imap imaps', "'imaps' protocol is no longer necessary, remove it", 'protocols = imap\n'],
    ['ssl_cert_file = /a', 'ssl_cert_file has been replaced by ssl_cert = <file', 'ssl_cert = </a\n'],
    ['ssl_disable = yes', 'ssl_disable has been renamed to ssl', 'ssl = no\n'],
    [
      'ssl_protocols = !SSLv3',
      'ssl_protocols has been replaced by ssl_min_protocol',
      'ssl_min_protocol = TLSv1\n',
    ],
    ['login_dir = x', 'login_dir has been removed', ''],
    [
      'login_user = x',
      'login_user has been replaced by service { user }',
      'service imap-login {\n  user = x\n}\nservice managesieve-login {\n  user = x\n}\nservice pop3-login {\n  user = x\n}\n',
    ],
    [
      'auth_cache_size = 10',
      'auth_cache_size value no longer defaults to megabytes. Use 10M',
      'auth_cache_size = 10 M\n',
    ],
    ['sieve = ~/x', 'sieve has been moved into plugin {} section', 'plugin {\n  sieve = ~/x\n}\n'],
    [
      'auth default {\n passdb pam {\n }\n}',
      'add auth_ prefix to all settings inside auth {} and remove the auth {} section completely',
      'passdb {\n  driver = pam\n}\n',
    ],
  ])('%j is rewritten with the warning %s', (text, warning, printed) => {
    const config = loadText(text);
    const [first = ''] = messages(config, 'warning');
    expect(first).toBe(
      `NOTE: You can get a new clean config file with: doveconf -Pn > dovecot-new.conf\nObsolete setting in ${MAIN}:1: ${warning}`,
    );
    expect(answerOf(config, ['-n'])).toEqual({ stdout: printed, error: '' });
  });

  test('protocols that cannot be understood are an error that Dovecot survives', () => {
    const config = loadText('ssl_protocols = !SSLv2\n');
    expect(config.refusal).toBeNull();
    expect(config.problems.at(-1)).toMatchObject({ severity: 'error', survived: true });
  });
});

describe('lenient reading', () => {
  test('a refused value is read in a stated way', () => {
    const config = loadText('passdb {\n driver = pam\n skip = notfound\n}\nssl = maybe\n', { lenient: true });
    expect(config.readings.map(({ text }) => text)).toEqual([
      'skip = notfound is read as never',
      'ssl = maybe is read as yes',
    ]);
    expect(config.effective.auth().passdbs[0]?.skip.value).toBe('never');
    expect(config.refusal).not.toBeNull();
  });
});

describe('a built-in section under a name of other case', () => {
  const duplicate = 'Error in configuration file /etc/dovecot/dovecot.conf: duplicate listener: 143:';
  const refusal = (text: string) => loadText(`protocols = imap\n${text}`).refusal?.dovecot?.message;

  test('is the built-in one on its own level', () => {
    expect(refusal('service IMAP-login {\n  executable = x\n}\n')).toBeUndefined();
  });

  test('is another one where filters meet', () => {
    const renamed = 'service IMAP-login {\n  executable = x\n}\n';
    expect(refusal(`local ::1 {\n${renamed}}\n`)).toBe(duplicate);
    expect(refusal(`${renamed}local ::1 {\n  mail_location = x\n}\n`)).toBe(duplicate);
    const listener = (port: number) =>
      `local ::1 {\n  service imap-login {\n    inet_listener IMAP {\n      port = ${port}\n    }\n  }\n}\n`;
    expect(refusal(listener(143))).toBe(duplicate);
    expect(refusal(listener(144))).toBeUndefined();
  });
});

describe('filters that -f asks for', () => {
  const ask = (text: string, ...filters: string[]) =>
    answerOf(loadText(text), ['-n', ...filters.flatMap((filter) => ['-f', filter])]);

  test('show a built-in service twice where one of them renames it', () => {
    const text = 'local 10.0.0.0/8 {\n  service anvil {\n    name = x\n  }\n}\nservice pop3 {\n}\n';
    expect(ask(text, 'local=10.0.0.1').error).toBe('duplicate listener: /run/dovecot/anvil');
  });

  test('lose what the other one of a renamed service sets', () => {
    const text =
      'service imap-login {\n  protocol = x\n}\nprotocol imap {\n  mail_fsync = never\n  service IMAP-login {\n  }\n}\n';
    expect(ask(text, 'protocol=imap').stdout).toBe(
      'mail_fsync = never\nprotocol imap {\n  mail_fsync = never\n}\n',
    );
  });

  test('fight over a setting of both', () => {
    const text = 'local 10.0.0.1 {\n  mail_fsync = never\n}\nprotocol imap {\n  mail_fsync = always\n}\n';
    expect(ask(text, 'local=10.0.0.1', 'protocol=imap').error).toContain('Conflict in setting mail_fsync');
  });
});

describe('a host name in a filter', () => {
  const text = 'local mail.example.org/24 {\n  mail_debug = yes\n}\n';

  test('matches nothing where nobody is asked', () => {
    const config = loadText(text);
    expect(config.problems).toEqual([]);
    expect(answerOf(config, ['-n']).stdout).toBe(text);
    expect(config.effective.setting('mail_debug', { localIp: '192.0.2.9' })?.text).toBe('no');
  });

  test('is the address that DNS gives', () => {
    const config = loadText(text, {}, () => ({ kind: 'found', address: '192.0.2.1' }));
    expect(answerOf(config, ['-n']).stdout).toBe('local 192.0.2.1/24 {\n  mail_debug = yes\n}\n');
    expect(config.effective.setting('mail_debug', { localIp: '192.0.2.9' })?.text).toBe('yes');
  });

  test('that DNS does not know is refused', () => {
    const reason = 'Name or service not known';
    const config = loadText(text, {}, () => ({ kind: 'unknown', reason }));
    expect(messages(config)).toEqual([atLine(1, `gethostbyname(mail.example.org) failed: ${reason}`)]);
  });
});

describe('the order of the checks', () => {
  const first = (text: string) => loadText(text).refusal?.dovecot?.message;

  test('is that of the sections, unnamed ones in their place', () => {
    const unnamed = 'namespace {\n  mailbox Sent {\n    special_use = a\n  }\n}\n';
    const named = 'namespace inbox {\n  inbox = yes\n  separator = name\n}\n';
    expect(first(unnamed + named)).toBe('mailbox Sent: unknown special_use: a');
  });

  test('puts what a more general filter adds behind the rest', () => {
    const message = first('remote 192.168.1.2 {\n  service = foo, bar\n}\nservice IMAP-login {\n}\n');
    expect(message).toBe(
      'Error in configuration file /etc/dovecot/dovecot.conf: Service #32 is missing name',
    );
  });

  test('sees two sections that give themselves the same name', () => {
    const text =
      'service anvil {\n  unix_listener a {\n    path = x\n    mode = 0600\n  }\n' +
      '  unix_listener b {\n    path = x\n    mode = 0600\n  }\n}\n';
    expect(first(text)).toBe('duplicate listener: /run/dovecot/x');
  });

  test('is said again with each section that is asked for by name, and with no single setting', () => {
    const config = loadText('auth_worker_max_count = 0\npassdb {\n  driver = pam\n}\n');
    const said = (...names: string[]) => config.dump(dumpOptionsOf(names)).messages;
    const complaint = 'Error: auth_worker_max_count must be above zero';
    expect(said('passdb', 'service')).toEqual([complaint, complaint]);
    expect(said('protocols', 'dict')).toEqual([]);
  });

  // observed: 2.3.21.1's parser of event filters was made by another bison
  test.each([
    ['event=', 'unexpected $end', 'unexpected end of file'],
    [
      'event=a & b',
      'unexpected $undefined, expecting $end',
      'unexpected invalid token, expecting end of file',
    ],
  ])('words the event filter %s as the version does', (filter, old, later) => {
    const text = `log_debug = ${filter}\nmetric a {\n  metric_name = a\n  filter = ${filter}\n}\n`;
    const said = (words: string) =>
      ['Invalid log_debug: ', ''].map((head) => `${head}event filter: syntax error, ${words}`);
    expect(messages(loadText(text))).toEqual(said(old).map((one) => expect.stringContaining(one)));
    expect(messages(loadText(text, { version: '2.3.21.1' }))).toEqual(
      said(later).map((one) => expect.stringContaining(one)),
    );
  });
});
