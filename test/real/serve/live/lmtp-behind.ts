import type { LineAnswer } from '../../../serve/line-backend.js';
import { type Behind, type LiveCase, type LiveCases, type Step, send } from './case.js';

type Answers = Readonly<Record<string, LineAnswer | string>>;

export interface LmtpScript {
  /** Answers to whole lines, to their first two words, to verbs, and to verbs behind TLS (`LHLO TLS`). */
  readonly answers?: Answers;
  /** What the message is answered with, one for each recipient that was accepted; the last one for all others. */
  readonly saved?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly greeting?: string;
  readonly implicitTls?: boolean;
  readonly pieces?: (text: string) => readonly string[];
}

const CAPABILITIES = ['PIPELINING', 'CHUNKING', '8BITMIME', 'ENHANCEDSTATUSCODES'];

/** An LMTP or SMTP server that answers some commands in its own way, the others well. */
export function lmtpBehind(script: LmtpScript = {}): Behind {
  const { answers = {}, saved = ['250 2.0.0 Saved'], capabilities = CAPABILITIES } = script;
  const converse = () => {
    let recipients = 0;
    let dotted = false;
    let isSmtp = false;
    const done = (): LineAnswer | string => {
      const count = isSmtp ? 1 : recipients;
      recipients = 0;
      if (answers['MESSAGE'] !== undefined) return answers['MESSAGE'];
      const last = saved.at(-1) ?? '';
      return Array.from({ length: count }, (_, index) => `${saved[index] ?? last}\r\n`).join('');
    };
    return (line: string, secured: boolean): LineAnswer | string => {
      if (dotted) {
        dotted = line !== '.';
        return dotted ? '' : done();
      }
      const verb = line.split(' ')[0]?.toUpperCase() ?? '';
      const words = line.split(' ').slice(0, 2).join(' ');
      const own = answers[line] ?? answers[words] ?? answers[secured ? `${verb} TLS` : verb] ?? answers[verb];
      const ownText = typeof own === 'string' ? own : own?.text;
      const size = verb === 'BDAT' ? Number(line.split(' ')[1]) : 0;
      switch (verb) {
        case 'RCPT':
          if (ownText === undefined || ownText.startsWith('2')) recipients += 1;
          return own ?? '250 2.1.5 OK\r\n';
        case 'LHLO':
        case 'EHLO':
          isSmtp = verb === 'EHLO';
          return own ?? hello(capabilities);
        case 'BDAT':
          if (own !== undefined) return { ...(typeof own === 'string' ? { text: own } : own), payload: size };
          return { ...asAnswer(/ LAST$/i.test(line) ? done() : '250 2.0.0 chunk\r\n'), payload: size };
        case 'DATA':
          dotted = ownText === undefined || ownText.startsWith('354');
          return own ?? '354 go on\r\n';
        case 'STARTTLS':
          return own ?? { text: '220 2.0.0 begin\r\n', next: 'tls' };
        case 'QUIT':
          return own ?? { text: '221 2.0.0 bye\r\n', next: 'end' };
        case 'XCLIENT':
          return own ?? '220 backend.example.com again\r\n';
        default:
          return own ?? '250 2.0.0 OK\r\n';
      }
    };
  };
  const { greeting = '220 backend.example.com LMTP\r\n', implicitTls = false, pieces } = script;
  const more = pieces === undefined ? {} : { pieces };
  return { greeting, implicitTls, answer: converse(), converse, ...more };
}

function asAnswer(answer: LineAnswer | string): LineAnswer {
  return typeof answer === 'string' ? { text: answer } : answer;
}

export function hello(capabilities: readonly string[]): string {
  const lines = ['backend.example.com', ...capabilities];
  return lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
}

/** So many whole replies. */
export function replies(count: number): RegExp {
  return new RegExp(`^(?:(?:\\d{3}-[^\\n]*\\n)*\\d{3}(?: [^\\n]*)?\\n){${count}}`, 'm');
}

export const HELLO: readonly Step[] = ['', 'LHLO client.example.org'];
export const MAIL = 'MAIL FROM:<sender@example.org>';
export const RCPT = 'RCPT TO:<@USER@>';
export const SUBJECT = 'Subject: a\r\n\r\nbody\r\n';

/** DATA, and the answers of so many recipients. */
export function data(count = 1, message = SUBJECT): readonly Step[] {
  return ['DATA', send(`${message}.\r\n`, replies(count))];
}

/** A message for the case's own user. */
export const WHOLE: readonly Step[] = [...HELLO, MAIL, RCPT, ...data(), 'QUIT'];

export function lmtp(steps: readonly Step[], more: Partial<LiveCase> = {}): LiveCase {
  return { protocol: 'lmtp', behind: lmtpBehind(), steps, ...more };
}

/** The whole message, with a server behind that does something else. */
export function behindOf(script: LmtpScript, more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(WHOLE, { behind: lmtpBehind(script), ...more });
}

/** Commands, each with its answer, behind the greeting. */
export function commands(lines: readonly string[], more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(['', ...lines, 'QUIT'], more);
}

/** Commands of a transaction, which they are behind LHLO and MAIL. */
export function recipients(lines: readonly string[], more: Partial<LiveCase> = {}): LiveCase {
  return commands(['LHLO client.example.org', MAIL, ...lines], more);
}

/** Over half a megabyte, with dots and line feeds at odd places. */
export const LONG_MESSAGE = Array.from(
  { length: 9000 },
  (_, index) =>
    `${index % 7 === 0 ? '..' : ''}line ${index} ${'x'.repeat(40)}${index % 11 === 0 ? '' : '\r'}\n`,
).join('');

/** Senders, each of whom is forgotten. */
export function senders(values: readonly string[], more: Partial<LiveCase> = {}): LiveCase {
  return commands(['LHLO x', ...values.flatMap((value) => [`MAIL FROM:${value}`, 'RSET'])], more);
}

/** Conversations by name, each of these lines. */
export function named(
  cases: Readonly<Record<string, readonly string[]>>,
  make: (lines: readonly string[]) => LiveCase,
): LiveCases {
  return Object.fromEntries(Object.entries(cases).map(([name, lines]) => [name, make(lines)]));
}

/** A recipient who may be refused, and then the end. */
export const PROBE: readonly Step[] = [...HELLO, MAIL, RCPT, 'RSET', 'QUIT'];

/** A whole message for a user with these fields. */
export function whole(allFields: string, more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(WHOLE, { allFields, ...more });
}

/** The recipient alone, of a user with these fields. */
export function probe(allFields: string, more: Partial<LiveCase> = {}): LiveCase {
  return lmtp(PROBE, { allFields, ...more });
}

export const PROXY = 'proxy host=127.0.0.1 port=@PORT@';
