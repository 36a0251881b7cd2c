import type { ByteString } from '../../../grammar/bytes.js';
import { escapeSectionName } from './layer.js';

/** What an `auth default { }` block of version 1 does to the configuration. */
export interface OldAuthActions {
  warn(text: ByteString): void;
  fail(text: ByteString): void;
  openSection(key: ByteString, name: ByteString): void;
  set(key: ByteString, value: ByteString): void;
  /** Adds `service auth { unix_listener PATH }`. */
  addListener(path: ByteString): void;
  applyGlobal(name: ByteString, path: ByteString, value: ByteString): void;
}

const SOCKET_KEYS = new Set(['path', 'mode', 'user', 'group']);

/** `auth NAME { }` with its passdb, userdb and socket blocks (Dovecot 2.3.19.1 old-set-parser.c). */
export class OldAuthSection {
  baseDir = '/run/dovecot';
  /** 0 outside, 1 directly inside `auth { }`, more further in. */
  #depth = 0;
  #socketDepth = 0;
  #seen = false;
  #master = false;
  #socket = new Map<string, ByteString>();

  get directlyInside(): boolean {
    return this.#depth === 1;
  }

  /** A section opens; true: it is dealt with and opens nothing. */
  open(key: ByteString, name: ByteString, outside: boolean, actions: OldAuthActions): boolean {
    if (this.#depth === 0) {
      if (!outside || key !== 'auth') return false;
      actions.warn(
        'add auth_ prefix to all settings inside auth {} and remove the auth {} section completely',
      );
      this.#depth = 1;
      return true;
    }
    this.#seen = true;
    this.#socket = new Map();
    this.#depth++;
    if ((key === 'passdb' || key === 'userdb') && this.#depth === 2) {
      actions.warn(`${key} ${name} {} has been replaced by ${key} { driver=${name} }`);
      actions.openSection(key, '');
      actions.set('driver', name);
      return true;
    }
    if (key === 'socket' && this.#depth === 2) {
      if (name === 'connect') {
        actions.warn('socket connect {} is no longer supported, configure external auth server separately');
        return false;
      }
      if (name !== 'listen') return false;
      this.#socketDepth++;
      return true;
    }
    if (this.#socketDepth > 0) this.#socketDepth++;
    if ((key === 'master' || key === 'client') && this.#socketDepth === 2) {
      this.#master = key === 'master';
      return true;
    }
    return false;
  }

  /** A section closes; true: nothing else was open. */
  close(actions: OldAuthActions): boolean {
    if (this.#depth > 0 && --this.#depth === 0) return true;
    if (this.#socketDepth === 0) return false;
    if (this.#socketDepth === 2) this.#applySocket(actions);
    this.#socketDepth--;
    return true;
  }

  /** `path = ...` and its like inside `socket listen { master { } }`. */
  takeSocketSetting(key: ByteString, value: ByteString): boolean {
    if (this.#socketDepth !== 2 || !SOCKET_KEYS.has(key)) return false;
    this.#socket.set(key, value);
    return true;
  }

  get seen(): boolean {
    return this.#seen;
  }

  #applySocket(actions: OldAuthActions): void {
    let path = this.#socket.get('path');
    if (path === undefined) {
      actions.fail('socket listen {} is missing path');
      return;
    }
    if (path.startsWith(`${this.baseDir}/`)) path = path.slice(this.baseDir.length + 1);
    const suffix = path.endsWith('-master') || path.endsWith('-userdb');
    if (this.#master && !suffix) {
      actions.fail('socket listen { master { path=.. } } must end with -master (or -userdb) suffix');
      return;
    }
    if (!this.#master && suffix) {
      actions.fail('socket listen { client { path=.. } } must end not with -master or -userdb suffix');
      return;
    }
    actions.addListener(path);
    for (const key of ['mode', 'user', 'group']) {
      const value = this.#socket.get(key);
      if (value !== undefined)
        actions.applyGlobal(key, `service/auth/unix_listener/${escapeSectionName(path)}/${key}`, value);
    }
    this.#socket = new Map();
  }
}
