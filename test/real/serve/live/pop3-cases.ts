import type { LineAnswer } from '../../../serve/line-backend.js';
import { type Behind, base64, type LiveCase, type LiveCases, type Step, send, tls } from './case.js';

type Answers = Readonly<Record<string, LineAnswer | string>>;

/** A backend that answers some commands in its own way, the others well. */
function behind(answers: Answers = {}, greeting = '+OK ready\r\n'): Behind {
  return {
    greeting,
    answer: (line) => {
      const command = line.split(' ')[0] ?? '';
      const own = answers[line] ?? answers[command];
      if (own !== undefined) return own;
      switch (command) {
        case 'QUIT':
          return { text: '+OK bye\r\n', next: 'end' };
        case 'STLS':
          return { text: '+OK begin\r\n', next: 'tls' };
        case 'PASS':
          return '+OK Logged in.\r\n';
        case 'AUTH':
          return '+OK Logged in.\r\n';
        default:
          return '+OK\r\n';
      }
    },
  };
}

const XCLIENT = '+OK [XCLIENT] ready\r\n';
const LIST = /^\.\r?\n|^-ERR[^\n]*\n/m;
const LOGIN: readonly Step[] = ['', 'USER @USER@', 'PASS pass'];
const WHOLE: readonly Step[] = [...LOGIN, 'STAT', 'QUIT'];

function one(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return { protocol: 'pop3', behind: behind(), steps, ...more };
}

/** A refused login, then one command to see that the client may go on. */
function refused(answers: Answers, more: Partial<LiveCase> = {}): LiveCase {
  return one([...LOGIN, send('CAPA\r\n', LIST), 'QUIT'], { behind: behind(answers), ...more });
}

export const POP3_CASES: LiveCases = {
  'USER and PASS': one(WHOLE),
  'capabilities before and after STLS': one([
    '',
    send('CAPA\r\n', LIST),
    'STLS',
    tls(),
    send('CAPA\r\n', LIST),
    'STLS',
    'USER @USER@',
    'PASS pass',
    'QUIT',
  ]),
  'login over TLS at once': one(WHOLE, { implicitTls: true }),
  'the XCLIENT of a trusted front end': one(
    ['', 'XCLIENT ADDR=192.0.2.7 PORT=4444 SESSION=front TTL=3 FORWARD=YT0xCWI9Mg==', ...WHOLE.slice(1)],
    { from: 'trusted', behind: behind({}, XCLIENT) },
  ),
  'the wrong password': one(['', 'USER @USER@', 'PASS wrong', 'USER @USER@', 'PASS pass', 'QUIT']),
  'a refused password': refused({ PASS: '-ERR [AUTH] no\r\n' }),
};
