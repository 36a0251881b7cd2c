import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { EffectiveConfig } from '../config/effective.js';
import { errnoText } from '../config/errno-text.js';
import { tabEscaped } from '../proxy/forward-fields.js';
import type { ServedProtocol } from '../proxy/login-protocols.js';

/** After a pipe could not be opened nobody tries for that long. Dovecot login-proxy-state.c NOTIFY_RETRY_REOPEN_MSECS */
const RETRY_MS = 60_000;

/**
 * Tells whoever reads login_proxy_notify_path which users are still connected (proxy_refresh): one line for each.
 * Dovecot login-common/login-proxy-state.c
 */
export class ProxyNotify {
  readonly #path: string;
  readonly #now: () => number;
  #descriptor: number | null = null;
  #retryAt = 0;

  constructor(path: string, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
  }

  /** Gives what went wrong, a line each. */
  tell(user: ByteString): string[] {
    const line = Buffer.from(`${tabEscaped(user)}\n`, 'latin1');
    const problems: string[] = [];
    // A reader that went away and came back is found by the second try.
    for (let attempt = 0; attempt < 2; attempt++) {
      const descriptor = this.#descriptor ?? this.#open(problems);
      if (descriptor === null) return problems;
      this.#descriptor = descriptor;
      const problem = writeLine(descriptor, line);
      if (problem === null) return problems;
      problems.push(`write(${this.#path}) ${problem}`);
      this.close();
    }
    return problems;
  }

  #open(problems: string[]): number | null {
    if (this.#now() < this.#retryAt) return null;
    try {
      // Dovecot waits here until somebody reads the pipe, and serves nobody meanwhile.
      return openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      problems.push(`open(${this.#path}) failed: ${errnoText(error)}`);
      this.#retryAt = this.#now() + RETRY_MS;
      return null;
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

function writeLine(descriptor: number, line: Buffer): string | null {
  try {
    return writeSync(descriptor, line) === line.length ? null : 'wrote partial update';
  } catch (error) {
    return `failed: ${errnoText(error)}`;
  }
}

/** Where login processes look for it: their own folder. Dovecot login-common/main.c */
export function notifyPath(config: EffectiveConfig, protocol: ServedProtocol): string {
  const path = config.setting('login_proxy_notify_path', { protocol })?.text ?? '';
  return resolve(config.baseDir, 'login', toUtf8(path));
}
