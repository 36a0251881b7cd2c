import { type LiveCase, type LiveCases, type Step, send } from './case.js';

/** Parameters of XCLIENT as a trusted front end may get them wrong, or write them in a strange way. */
const PARAMETERS = [
  ...[
    'ADDR=@ADDR@',
    'addr=@ADDR@',
    'ADDR=IPV6:2001:db8::7',
    'ADDR=2001:db8::7',
    'ADDR=IPV6:192.0.2.7',
    'ADDR=',
    'ADDR',
  ],
  ...['PORT=0', 'PORT=65536', 'PORT=-1', 'PORT=0143', 'PORT=', 'TTL=-1', 'TTL=', 'TTL=007', 'TTL=4294967296'],
  ...[
    'SESSION=a+b/c',
    `SESSION=${'s'.repeat(64)}`,
    `SESSION=${'s'.repeat(65)}`,
    'FORWARD=!!',
    'FORWARD=YT0x',
  ],
  ...[
    'FORWARD=YT0x FORWARD=Yj0y',
    'FORWARD=!! ADDR=no',
    'DESTNAME=mail.example.com',
    'DESTNAME=a..b',
    'DESTNAME=',
  ],
  ...[
    'CLIENT-TRANSPORT=TLS',
    'CLIENT-TRANSPORT=insecure',
    'CLIENT-TRANSPORT=',
    'HELO=',
    'HELO=[1.2.3.4]',
    'PROTO=lmtp',
  ],
  ...[
    'LOGIN=a+40b',
    'LOGIN=+4',
    'TIMEOUT=x',
    'TIMEOUT=7',
    'ADDR=[UNAVAILABLE]',
    'PORT=[UNAVAILABLE]',
    'TTL=[UNAVAILABLE]',
  ],
  ...['FOO=bar', 'FOO', '=x', 'A_B=1', 'ADDR=@ADDR@  PORT=7', 'PORT=7 PORT=8'],
];

/** The same in an ID of IMAP. */
const ID_VALUES: readonly (readonly [string, string])[] = [
  ...['', '2001:db8::7', '::ffff:192.0.2.7'].map((ip) => ['x-originating-ip', ip] as const),
  ...['0', '65536', '-1', '', '0143'].map((port) => ['x-originating-port', port] as const),
  ...['192.0.2.8', 'x'].map((ip) => ['x-connected-ip', ip] as const),
  ...['mail.example.com', 'a..b', ''].map((name) => ['x-connected-name', name] as const),
  ...['-1', '', '007', '4294967296'].map((ttl) => ['x-proxy-ttl', ttl] as const),
  ...['s'.repeat(64), 's'.repeat(65)].map((id) => ['x-session-id', id] as const),
  ...['a'].map((id) => ['x-session-ext-id', id] as const),
  ...['TLS', 'insecure', ''].map((transport) => ['x-client-transport', transport] as const),
  ...['1', 'x', ''].map((version) => ['x-multiplex', version] as const),
  ...['1', '', 'a\\"b'].map((value) => ['x-forward-a', value] as const),
  ['x-forward-', '1'],
  ['X-ORIGINATING-IP', '@ADDR@'],
  ['x-unknown', '1'],
];

/** What each parameter comes to, seen in the log and at the backend. */
export function xclientCases(
  one: (steps: readonly Step[]) => LiveCase,
  {
    hello,
    login,
    logout,
  }: { readonly hello: readonly Step[]; readonly login: readonly Step[]; readonly logout: string },
): LiveCases {
  return Object.fromEntries(
    PARAMETERS.map((parameters): [string, LiveCase] => [
      `XCLIENT ${parameters}`,
      { ...one([...hello, `XCLIENT ${parameters}`, ...login, logout]), from: 'trusted' },
    ]),
  );
}

export function idCases(one: (steps: readonly Step[]) => LiveCase, login: readonly Step[]): LiveCases {
  const until = /^i [^\n]*\n/m;
  return Object.fromEntries(
    ID_VALUES.map(([key, value]): [string, LiveCase] => [
      `ID ${key} ${JSON.stringify(value)}`,
      { ...one(['', send(`i ID ("${key}" "${value}")\r\n`, until), ...login, 'c LOGOUT']), from: 'trusted' },
    ]),
  );
}
