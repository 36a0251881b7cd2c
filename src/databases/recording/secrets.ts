import { pbkdf2Sync, randomBytes } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import type { RowField } from '../../auth/driver.js';
import type { Series } from '../../knowledge/versions.js';
import { splitScheme } from '../../passwords/stored-password.js';
import { verifyPassword } from '../../passwords/verify-password.js';

const ROUNDS = 5000;
const KEY_SIZE = 20;

/** A password that no longer tells what it was: Dovecot's PBKDF2, which both versions check. */
export function hashed(password: ByteString): ByteString {
  const salt = randomBytes(12).toString('hex');
  const key = pbkdf2Sync(Buffer.from(password, 'latin1'), salt, ROUNDS, KEY_SIZE, 'sha1');
  return `{PBKDF2}$1$${salt}$${ROUNDS}$${key.toString('hex')}`;
}

/** A stored password that nobody knows. */
function unknown(): ByteString {
  return `{PBKDF2}$1$unknown$1$${randomBytes(KEY_SIZE).toString('hex')}`;
}

/** Passwords for others than Dovecot: nobody compares them here. */
const FOR_OTHERS = /^(?:userdb_)?pass$/;
/** Columns and attributes that hold stored passwords, whatever they become later. */
const STORED = /(?:^|[_-])(?:pw|pwd|hash|crypt)$|pass(?:word|wd|phrase)?(?:_noscheme)?$|secret/i;
/** What looks like one: `{SCHEME}data`, `$6$salt$hash`. */
const HASH = /^(?:\{[A-Za-z0-9][\w.-]*\}.|\$[0-9a-z]{1,9}\$.)/;

export interface SecretsOptions {
  readonly series: Series;
  /** What the client sent; null: not known. */
  readonly password: ByteString | null;
  readonly user: ByteString;
  readonly allowWeakSchemes: boolean;
  readonly defaultScheme: ByteString;
}

/** Takes the secrets out of one answer; the client's right password still fits what takes their place. */
export class Secrets {
  readonly #options: SecretsOptions;
  readonly #replaced = new Map<ByteString, ByteString>();

  constructor(options: SecretsOptions) {
    this.#options = options;
  }

  async field([name, value]: RowField): Promise<RowField> {
    if (value === null || value === '') return [name, value];
    if (FOR_OTHERS.test(name)) return [name, this.#replace(value, '***')];
    return STORED.test(name) || HASH.test(value) ? [name, await this.stored(value)] : [name, value];
  }

  /** What takes the place of a value. */
  value(text: ByteString): ByteString {
    return this.#replaced.get(text) ?? text;
  }

  /** Any text in which a secret may stand: lines of the log, queries. */
  text(text: ByteString): ByteString {
    let shown = this.value(text);
    const { password } = this.#options;
    for (const secret of [...this.#replaced.keys(), ...(password === null ? [] : [password])])
      if (secret.length >= 4) shown = shown.replaceAll(secret, '***');
    return shown;
  }

  async stored(value: ByteString): Promise<ByteString> {
    const known = this.#replaced.get(value);
    if (known !== undefined) return known;
    return this.#replace(value, await this.#standIn(value));
  }

  #replace(value: ByteString, by: ByteString): ByteString {
    this.#replaced.set(value, by);
    return by;
  }

  async #standIn(stored: ByteString): Promise<ByteString> {
    const { password, series, user, allowWeakSchemes, defaultScheme } = this.#options;
    const plaintext = password ?? '';
    const verdict = await verifyPassword({
      series,
      stored,
      defaultScheme,
      plaintext,
      user,
      allowWeakSchemes,
    });
    switch (verdict.kind) {
      case 'match':
        return password === null ? unknown() : hashed(password);
      case 'mismatch':
        return unknown();
      // What cannot be read stays unreadable, for the same reason.
      case 'unknown-scheme':
      case 'invalid':
      case 'weak':
        return `{${splitScheme(stored).scheme ?? defaultScheme}}*`;
    }
  }
}
