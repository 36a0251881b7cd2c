import type { ByteString } from '../../../grammar/bytes.js';
import type { LoginSettings } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';
import { parseUint } from '../interval.js';
import { parseIp } from '../ip-address.js';
import type { LoginClient } from '../login-client.js';
import { sanitize } from '../sanitize.js';
import type { ArgumentParser } from './argument-parser.js';
import { imapString, quoted } from './quoting.js';

/** Dovecot imap-id.h IMAP_ID_KEY_MAX_LEN */
const MAX_KEY = 30;
/** Dovecot client-common.h LOGIN_MAX_CLIENT_ID_LEN, LOGIN_MAX_SESSION_ID_LEN */
const MAX_RETAINED = 256;
const MAX_SESSION_ID = 64;

export type IdStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'done' }
  /** Something of the parameters cannot be used: `BAD Invalid ID parameters`. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'syntax'; readonly message: ByteString; readonly fatal: boolean };

type Change = (client: LoginClient) => void;

/** One ID command while it comes in. RFC 2971; Dovecot imap-login-cmd-id.c */
export class IdCommand {
  readonly #client: LoginClient;
  readonly #parser: ArgumentParser;
  /** Only the first ID of a connection says anything about a proxied client. */
  readonly #first: boolean;
  readonly #changes: Change[] = [];
  readonly #logged: ByteString[] = [];
  #state: 'list' | 'key' | 'value' = 'list';
  #key: ByteString = '';

  constructor(client: LoginClient, parser: ArgumentParser, first: boolean) {
    this.#client = client;
    this.#parser = parser;
    this.#first = first;
    client.clientId = '';
  }

  /** Goes on with what has arrived. */
  step(): IdStep {
    for (;;) {
      const step = this.#parser.next(this.#state === 'list' ? 'before_list' : 'inside_list');
      switch (step.kind) {
        case 'more':
          return { kind: 'more' };
        case 'error':
          return { kind: 'syntax', message: step.message, fatal: step.fatal };
        case 'end':
          return this.#finish();
        case 'argument':
          break;
      }
      const { argument } = step;
      if (this.#state === 'list') {
        if (argument.kind === 'nil') return this.#finish();
        if (argument.kind !== 'list') return { kind: 'invalid' };
        this.#state = 'key';
      } else if (this.#state === 'key') {
        if (argument.kind !== 'string' || argument.text.length > MAX_KEY) return { kind: 'invalid' };
        this.#key = argument.text;
        this.#state = 'value';
      } else {
        if (argument.kind !== 'string' && argument.kind !== 'nil') return { kind: 'invalid' };
        if (!this.#pair(this.#key, argument.kind === 'nil' ? null : argument.text))
          return { kind: 'invalid' };
        this.#state = 'key';
      }
    }
  }

  #finish(): IdStep {
    for (const change of this.#changes) change(this.#client);
    return { kind: 'done' };
  }

  /** For `ID sent: ` (2.3); '' where nothing is to be logged. */
  get logText(): ByteString {
    return this.#logged.join(', ');
  }

  #pair(key: ByteString, value: ByteString | null): boolean {
    const client = this.#client;
    const lower = key.toLowerCase();
    const reserved = isReserved(lower, client);
    if (reserved && client.trusted && this.#first && value !== null) {
      const change = trustedChange(lower, key, value, this.#client.series);
      if (change === null && client.series === '2.4') return false;
      if (change !== null) this.#changes.push(change);
    }
    if (!reserved && (client.series === '2.3' || this.#first)) this.#retain(key, value);
    if (client.series === '2.3' && this.#first) this.#log(key, value);
    return true;
  }

  #retain(key: ByteString, value: ByteString | null): void {
    const client = this.#client;
    if (!client.settings.login.imapIdRetain) return;
    const size = key.length + 3 + (value === null ? 3 : value.length) + 2;
    if (client.clientId !== '' && client.clientId.length + size >= MAX_RETAINED) return;
    const pair = `${quoted(key)} ${value === null ? 'NIL' : quoted(value)}`;
    client.clientId = client.clientId === '' ? pair : `${client.clientId} ${pair}`;
  }

  /** imap_id_log: all keys with `*`, else those it names. Dovecot 2.3.19.1 imap-id.c imap_id_log_reply_append */
  #log(key: ByteString, value: ByteString | null): void {
    const wanted = this.#client.settings.login.imapIdLog;
    if (wanted === '') return;
    const names = wanted.toLowerCase().split(' ');
    if (wanted !== '*' && !names.includes(key.toLowerCase())) return;
    this.#logged.push(`${sanitize(key, MAX_KEY)}=${value === null ? 'NIL' : sanitize(value, 80)}`);
  }
}

const RESERVED_23 = [
  'x-originating-ip',
  'x-originating-port',
  'x-connected-ip',
  'x-connected-port',
  'x-proxy-ttl',
  'x-session-id',
  'x-session-ext-id',
];
const RESERVED_24 = [...RESERVED_23, 'x-connected-name', 'x-client-transport', 'x-multiplex'];

function isReserved(key: ByteString, client: LoginClient): boolean {
  if (key.startsWith('x-forward-')) return true;
  return (client.series === '2.3' ? RESERVED_23 : RESERVED_24).includes(key);
}

function ipChange(value: ByteString, apply: (client: LoginClient, ip: string) => void): Change | null {
  const ip = parseIp(value);
  return ip === null ? null : (client) => apply(client, ip.text);
}

function portChange(value: ByteString, apply: (client: LoginClient, port: number) => void): Change | null {
  const port = parseUint(value);
  return port === null || port === 0 || port > 65535 ? null : (client) => apply(client, port);
}

/** What a trusted front end says of its client; null where the value cannot be used. */
function trustedChange(lower: ByteString, key: ByteString, value: ByteString, series: Series): Change | null {
  switch (lower) {
    case 'x-originating-ip':
      return ipChange(value, (client, ip) => {
        client.remoteIp = ip;
      });
    case 'x-originating-port':
      return portChange(value, (client, port) => {
        client.remotePort = port;
      });
    case 'x-connected-ip':
      return ipChange(value, (client, ip) => {
        client.localIp = ip;
      });
    case 'x-connected-port':
      return portChange(value, (client, port) => {
        client.localPort = port;
      });
    case 'x-proxy-ttl': {
      const ttl = parseUint(value);
      if (ttl === null) return null;
      return (client) => {
        // 2.4 refuses 0 and keeps what it has. Dovecot 2.4.1 imap-login-cmd-id.c cmd_id_x_proxy_ttl
        if (ttl !== 0 || client.series === '2.3') client.ttl = ttl;
      };
    }
    case 'x-session-id':
    case 'x-session-ext-id':
      if (value === '' || value.length > MAX_SESSION_ID) return null;
      return (client) => {
        client.sessionId = value;
      };
    case 'x-connected-name':
      if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(value) || value.length > 255) return null;
      return (client) => {
        client.localName = value;
      };
    case 'x-client-transport':
      return (client) => {
        client.endClientTls = value.startsWith('TLS');
      };
    case 'x-multiplex':
      // Not spoken here; the version is checked all the same.
      return value.split(' ')[0] === '0' ? () => undefined : null;
    default: {
      const name = key.slice('x-forward-'.length);
      if (name === '' && series === '2.4') return null;
      return (client) => {
        client.forwardFields.push([name, value]);
      };
    }
  }
}

/** Values that `*` stands for in 2.3. Dovecot 2.3.19.1 imap-id.c imap_id_get_default */
function defaultIdValue(key: ByteString, settings: LoginSettings): ByteString | null {
  switch (key.toLowerCase()) {
    case 'name':
      return 'Dovecot';
    case 'version':
      return settings.version;
    case 'support-url':
      return 'http://www.dovecot.org/';
    case 'support-email':
      return 'dovecot@dovecot.org';
    default:
      return null;
  }
}

/** The parameters of the proxy's own answer to ID (`imap_id_send`). */
export function idReply(settings: LoginSettings): ByteString {
  if (settings.imapIdSend.size === 0) return 'NIL';
  const pairs = [...settings.imapIdSend].map(([key, written]) => {
    const isDefault = written === '*' && settings.version.startsWith('2.3');
    const value = isDefault ? defaultIdValue(key, settings) : written;
    return `${quoted(key)} ${value === null ? 'NIL' : imapString(value)}`;
  });
  return `(${pairs.join(' ')})`;
}
