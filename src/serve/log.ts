import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { LogLevel } from '../proxy/session-event.js';

export type LogFormat = 'dovecot' | 'json';

const LEVELS: Readonly<Record<LogLevel, string>> = {
  debug: 'Debug',
  info: 'Info',
  warning: 'Warning',
  error: 'Error',
};
/** Lines wait that long for company: one write for many. */
const FLUSH_MS = 20;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The conversions of strftime(3) that time stamps of logs are made of. */
function formatTime(template: string, date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return template.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
    switch (letter) {
      case 'b':
        return MONTHS[date.getMonth()] ?? '';
      case 'd':
        return two(date.getDate());
      case 'e':
        return String(date.getDate()).padStart(2, ' ');
      case 'H':
        return two(date.getHours());
      case 'M':
        return two(date.getMinutes());
      case 'S':
        return two(date.getSeconds());
      case 'Y':
        return String(date.getFullYear());
      case 'm':
        return two(date.getMonth() + 1);
      case 'F':
        return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
      case 'T':
        return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
      case '%':
        return '%';
      default:
        return whole;
    }
  });
}

/** Writes log lines as Dovecot's log process does, or as one JSON object a line. */
export class ServeLog {
  readonly #write: (text: string) => void;
  readonly #format: LogFormat;
  readonly #timestamp: string;
  #waiting = '';
  #timer: NodeJS.Timeout | null = null;
  #second = -1;
  #stamp = '';

  /** `timestamp`: log_timestamp, a strftime(3) template. */
  constructor(write: (text: string) => void, format: LogFormat, timestamp: string) {
    this.#write = write;
    this.#format = format;
    this.#timestamp = timestamp;
  }

  /** A line of one process: `imap-login: Info: TEXT`. */
  line(process: string, level: LogLevel, text: ByteString): void {
    if (this.#format === 'json') this.#json(process, level, text);
    else this.#append(`${this.#prefix()}${process}: ${LEVELS[level]}: ${printable(text)}\n`);
  }

  /** A line that has its prefix already: `auth: Info: sql(USER,IP): TEXT`. */
  whole(level: LogLevel, line: ByteString): void {
    if (this.#format === 'json') this.#json('auth', level, line);
    else this.#append(`${this.#prefix()}${printable(line)}\n`);
  }

  #json(process: string, level: LogLevel, text: ByteString): void {
    const entry = { schema: 1, time: new Date().toISOString(), process, level, message: toUtf8(text) };
    this.#append(`${JSON.stringify(entry)}\n`);
  }

  #prefix(): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#stamp = formatTime(this.#timestamp, new Date(now));
    }
    return this.#stamp;
  }

  #append(text: string): void {
    this.#waiting += text;
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting === '') return;
    const text = this.#waiting;
    this.#waiting = '';
    this.#write(text);
  }
}

/** No control character reaches the log: a line is a line. Dovecot lib/failures.c */
function printable(text: ByteString): string {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
  return toUtf8(text).replace(/[\x00-\x08\x0a-\x1f\x7f]/g, '?');
}
