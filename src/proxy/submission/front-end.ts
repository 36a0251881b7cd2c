import type { ByteString } from '../../../grammar/bytes.js';
import { decodeForward } from '../forward-fields.js';
import { parseUint } from '../interval.js';
import { parseIp } from '../ip-address.js';
import type { LoginClient } from '../login-client.js';
import { isDnsName } from '../xclient.js';
import { decodeXtext, heloDomain } from './smtp-text.js';

/** What a trusted front end said of its client, beyond what every protocol knows. */
interface FrontEndFacts {
  readonly helo: ByteString | null;
  readonly protocol: 'SMTP' | 'ESMTP' | 'LMTP' | null;
  readonly login: ByteString | null;
}

type Parsed =
  | { readonly kind: 'facts'; readonly facts: FrontEndFacts }
  /** A whole reply: nothing was changed. */
  | { readonly kind: 'refused'; readonly reply: ByteString };

const PROTOCOLS = ['SMTP', 'ESMTP', 'LMTP'] as const;

/** Collects the parameters of one XCLIENT: all or nothing. Dovecot lib-smtp/smtp-server-cmd-xclient.c */
class XclientParameters {
  readonly changes: ((client: LoginClient) => void)[] = [];
  helo: ByteString | null = null;
  protocol: FrontEndFacts['protocol'] = null;
  login: ByteString | null = null;
  #forwarded: ByteString | null = null;
  readonly #series: LoginClient['series'];

  constructor(series: LoginClient['series']) {
    this.#series = series;
  }

  /** Whether the value can be used. */
  take(name: ByteString, value: ByteString): boolean {
    switch (name) {
      case 'PROTO':
        this.protocol = PROTOCOLS.find((known) => known === value.toUpperCase()) ?? null;
        return this.protocol !== null;
      case 'TIMEOUT':
        return parseUint(value) !== null;
      case 'TTL':
        return this.#number(value, (client, ttl) => {
          client.ttl = ttl;
        });
      case 'DESTNAME':
        return this.#destination(value);
      default:
        return value.toUpperCase() === '[UNAVAILABLE]' || this.#available(name, value);
    }
  }

  #available(name: ByteString, value: ByteString): boolean {
    switch (name) {
      case 'ADDR':
        return this.#address(value);
      case 'PORT': {
        const port = parseUint(value);
        return port !== null && port > 0 && port <= 65535 && this.#number(value, setRemotePort);
      }
      case 'HELO':
        this.helo = heloDomain(value, true);
        return true;
      case 'LOGIN':
        this.login = value;
        return true;
      case 'SESSION':
        this.changes.push((client) => {
          client.sessionId = value;
        });
        return true;
      case 'CLIENT-TRANSPORT':
        if (this.#series === '2.4')
          this.changes.push((client) => {
            client.endClientTls = value.startsWith('TLS');
          });
        return true;
      case 'FORWARD':
        this.#forwarded = value;
        return true;
      default:
        return true;
    }
  }

  #number(value: ByteString, apply: (client: LoginClient, number: number) => void): boolean {
    const number = parseUint(value);
    if (number === null) return false;
    this.changes.push((client) => apply(client, number));
    return true;
  }

  #address(value: ByteString): boolean {
    const isIpv6 = /^IPV6:/i.test(value);
    const ip = parseIp(isIpv6 ? value.slice('IPV6:'.length) : value);
    if (ip === null || (isIpv6 && ip.family !== 6)) return false;
    this.changes.push((client) => {
      client.remoteIp = ip.text;
    });
    return true;
  }

  #destination(value: ByteString): boolean {
    if (this.#series === '2.3') return true;
    if (!isDnsName(value)) return false;
    this.changes.push((client) => {
      client.localName = value;
    });
    return true;
  }

  /** Looked at behind all others; what cannot be read is left out. observed 2.3.19.1 and 2.4.1 */
  takeForwarded(): void {
    const fields = this.#forwarded === null ? null : decodeForward(this.#forwarded);
    if (fields === null) return;
    this.changes.push((client) => {
      client.forwardFields = fields;
    });
  }
}

function setRemotePort(client: LoginClient, port: number): void {
  client.remotePort = port;
}

/** Takes over an XCLIENT command of a trusted front end. */
export function takeXclient(client: LoginClient, parameters: ByteString): Parsed {
  const taken = new XclientParameters(client.series);
  for (const parameter of parameters === '' ? [] : parameters.split(' ')) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]*))?$/.exec(parameter);
    if (match === null) return refused(`Invalid parameter: ${parameterMistake(parameter)}`);
    const name = (match[1] ?? '').toUpperCase();
    const value = decodeXtext(match[2] ?? '');
    if (value === null) return refused(`Invalid ${name} parameter: Invalid hexchar after '+' in xtext`);
    if (!taken.take(name, value)) return refused(`Invalid ${name} parameter`);
  }
  taken.takeForwarded();
  for (const change of taken.changes) change(client);
  const { helo, protocol, login } = taken;
  return { kind: 'facts', facts: { helo, protocol, login } };
}

/** Dovecot lib-smtp/smtp-params.c */
function parameterMistake(parameter: ByteString): string {
  if (parameter === '') return 'Parameter is empty';
  const isInValue = /^[A-Za-z0-9][A-Za-z0-9-]*=/.test(parameter);
  return `Unexpected character in parameter ${isInValue ? 'value' : 'keyword'}`;
}

function refused(text: string): Parsed {
  return { kind: 'refused', reply: `501 5.5.4 ${text}` };
}
