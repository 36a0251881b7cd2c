import { type LiveCases, type Step, send } from './case.js';
import {
  commands,
  data,
  HELLO,
  LONG_MESSAGE,
  lmtp,
  lmtpBehind,
  MAIL,
  RCPT,
  recipients,
  replies,
} from './lmtp-behind.js';

/** How the message comes. */
export const LMTP_MESSAGES: LiveCases = {
  ...Object.fromEntries(
    Object.entries({
      'an empty message': '',
      'a message of one line end': '\r\n',
      'dots at the starts of lines': '..\r\n...\r\n.x\r\n..x\r\nx.\r\n',
      'bare line feeds': 'Subject: b\n\nbody\n.x\n..\nend\r\n',
      'bare carriage returns': 'a\rb\r\r\nc\r\n',
      'eight bits and NUL': '\xe4\xf6\0\xff\r\n',
      'a line of 20,000 bytes': `${'x'.repeat(20_000)}\r\n`,
      'a Received header of another': 'Received: from a by b\r\nSubject: x\r\n\r\n',
    }).map(([name, message]) => [name, lmtp([...HELLO, MAIL, RCPT, ...data(1, message), 'QUIT'])]),
  ),
  'a dot between bare line feeds': lmtp(
    [...HELLO, MAIL, RCPT, 'DATA', send('a\n.\nb\r\n.\r\n', replies(1)), 'QUIT'],
    { only: '2.4' },
  ),
  'a dot behind a bare line feed': lmtp(
    [...HELLO, MAIL, RCPT, 'DATA', send('a\n.\r\nb\r\n.\r\n', replies(1)), 'QUIT'],
    {
      only: '2.4',
    },
  ),
  'a dot and bare line feeds, in 2.3 the end': lmtp(
    [...HELLO, MAIL, RCPT, 'DATA', send('a\n.\n', replies(1)), 'QUIT'],
    {
      only: '2.3',
    },
  ),
  'a dot in pieces': lmtp([
    ...HELLO,
    MAIL,
    RCPT,
    'DATA',
    ...[...'a\r\n..\r\n.x\r\n.\r'].map((byte): Step => send(byte)),
    send('\n', replies(1)),
    'QUIT',
  ]),
  'a message for a server without CHUNKING': lmtp(
    [...HELLO, MAIL, RCPT, ...data(1, '..a\r\n..b\n.c\r\n'), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: ['PIPELINING'] }),
    },
  ),
  'an empty message for a server without CHUNKING': lmtp([...HELLO, MAIL, RCPT, ...data(1, ''), 'QUIT'], {
    behind: lmtpBehind({ capabilities: [] }),
    from: 'bare',
  }),
  'an empty message without headers': lmtp([...HELLO, MAIL, RCPT, ...data(1, ''), 'QUIT'], { from: 'bare' }),
  'a message without an end of the last line, in chunks': lmtp(
    [...HELLO, MAIL, RCPT, send('BDAT 4 LAST\r\nbody', replies(1)), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: ['PIPELINING'] }),
    },
  ),
  chunks: lmtp([
    ...HELLO,
    MAIL,
    RCPT,
    'BDAT 10\r\nSubject: c',
    send('BDAT 11 LAST\r\n\r\n\r\n.body\r\n', replies(1)),
    'QUIT',
  ]),
  'chunks that end in the middle of a line end': lmtp([
    ...HELLO,
    MAIL,
    RCPT,
    send('BDAT 3\r\nab\r', replies(1)),
    send('BDAT 3\r\n\ncd', replies(1)),
    send('BDAT 2 LAST\r\n\nx', replies(1)),
    'QUIT',
  ]),
  'empty chunks': lmtp([...HELLO, MAIL, RCPT, 'BDAT 0', 'BDAT 0', 'BDAT 0 LAST', 'QUIT']),
  'small letters for chunks': lmtp([...HELLO, MAIL, RCPT, 'bdat 0', 'bdat 0 last', 'QUIT']),
  'BDAT with mistakes': recipients(['BDAT', 'BDAT x', 'BDAT -1', 'BDAT 99999999999999999999999']),
  'BDAT with mistakes and a recipient': recipients([
    RCPT,
    'BDAT x',
    'BDAT 0',
    'RSET',
    MAIL,
    RCPT,
    'BDAT 0 LATER',
    'BDAT 0 LAST',
    'DATA',
  ]),
  'BDAT with words without end': recipients([RCPT, 'BDAT 0 LAST x', 'BDAT 0 LAST']),
  'BDAT with a chunk that is refused': recipients([
    RCPT,
    'BDAT 3 LATER\r\nabc',
    'BDAT 3\r\nabc',
    'RSET',
    'NOOP',
  ]),
  'BDAT without MAIL': commands(['LHLO x', 'BDAT 3\r\nabc', 'BDAT 0', 'NOOP']),
  'BDAT without recipients': recipients(['BDAT 3\r\nabc', 'BDAT 0 LAST', 'NOOP']),
  'DATA behind BDAT': recipients([RCPT, 'BDAT 3\r\nabc', 'DATA', RCPT, 'BDAT 0 LAST']),
  'RCPT behind BDAT': recipients([RCPT, 'BDAT 3\r\nabc', RCPT, 'NOOP', 'RSET', 'BDAT 0 LAST']),
  'MAIL behind BDAT': recipients([RCPT, 'BDAT 3\r\nabc', MAIL, 'VRFY x', 'BDAT 0 LAST']),
  'a long message': lmtp([...HELLO, MAIL, RCPT, ...data(1, LONG_MESSAGE), 'QUIT']),
  'a long message for a server without CHUNKING': lmtp(
    [...HELLO, MAIL, RCPT, ...data(1, LONG_MESSAGE), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: ['PIPELINING'] }),
    },
  ),
  'a long message for a server without PIPELINING': lmtp(
    [...HELLO, MAIL, RCPT, ...data(1, LONG_MESSAGE), 'QUIT'],
    {
      behind: lmtpBehind({ capabilities: ['CHUNKING'] }),
    },
  ),
};
