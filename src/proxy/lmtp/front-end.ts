import type { ByteString } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';
import { parseUint } from '../interval.js';
import { parseIp } from '../ip-address.js';
import { decodeXtext, heloDomain } from '../submission/smtp-text.js';
import { isDnsName } from '../xclient.js';
import { xtextMistake } from './parameters.js';

const PROTOCOLS = ['SMTP', 'ESMTP', 'LMTP'] as const;

/** What a trusted front end said of its client; what it left out stays as it was. */
export interface FrontEndFacts {
  address?: string;
  port?: number;
  helo?: ByteString;
  protocol?: (typeof PROTOCOLS)[number];
  login?: ByteString;
  session?: ByteString;
  ttl?: number;
  /** 2.4 */
  destinationName?: ByteString;
}

type Parsed =
  | { readonly kind: 'facts'; readonly facts: FrontEndFacts }
  | { readonly kind: 'refused'; readonly text: ByteString };

/** Whether the value could be used. */
function take(facts: FrontEndFacts, name: ByteString, value: ByteString, series: Series): boolean {
  const unavailable = value.toUpperCase() === '[UNAVAILABLE]';
  switch (name) {
    case 'ADDR':
      return unavailable || takeAddress(facts, value);
    case 'PORT': {
      if (unavailable) return true;
      const port = parseUint(value);
      if (port === null || port === 0 || port > 65535) return false;
      facts.port = port;
      return true;
    }
    case 'HELO': {
      const domain = unavailable ? null : heloDomain(value, true);
      if (domain !== null) facts.helo = domain;
      return true;
    }
    case 'LOGIN':
      if (!unavailable) facts.login = value;
      return true;
    case 'SESSION':
      if (!unavailable) facts.session = value;
      return true;
    case 'PROTO': {
      const protocol = PROTOCOLS.find((known) => known === value.toUpperCase());
      if (protocol !== undefined) facts.protocol = protocol;
      return protocol !== undefined;
    }
    case 'TTL':
    case 'TIMEOUT': {
      const number = parseUint(value);
      if (number === null) return false;
      // TIMEOUT is looked at and forgotten. observed 2.3.19.1 and 2.4.1
      if (name === 'TTL') facts.ttl = number;
      return true;
    }
    default:
      return series === '2.3' || take24(facts, name, value);
  }
}

function takeAddress(facts: FrontEndFacts, value: ByteString): boolean {
  const isIpv6 = /^IPV6:/i.test(value);
  const ip = parseIp(isIpv6 ? value.slice('IPV6:'.length) : value);
  if (ip === null || (isIpv6 && ip.family !== 6)) return false;
  facts.address = ip.text;
  return true;
}

function take24(facts: FrontEndFacts, name: ByteString, value: ByteString): boolean {
  if (name !== 'DESTNAME') return true;
  if (!isDnsName(value)) return false;
  facts.destinationName = value;
  return true;
}

/** Reads the parameters of XCLIENT: all or nothing. Dovecot lib-smtp/smtp-server-cmd-xclient.c */
export function parseFrontEnd(parameters: ByteString, series: Series): Parsed {
  const facts: FrontEndFacts = {};
  for (const parameter of parameters === '' ? [] : parameters.split(' ')) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]*))?$/.exec(parameter);
    if (match === null) return { kind: 'refused', text: invalidParameter(parameter) };
    const name = (match[1] ?? '').toUpperCase();
    const value = decodeXtext(match[2] ?? '');
    const mistake = xtextMistake(value);
    if (value === null || mistake !== null)
      return { kind: 'refused', text: `Invalid ${name} parameter: ${mistake}` };
    if (!take(facts, name, value, series)) return { kind: 'refused', text: `Invalid ${name} parameter` };
  }
  return { kind: 'facts', facts };
}

function invalidParameter(parameter: ByteString): ByteString {
  if (parameter === '') return 'Invalid parameter: Parameter is empty';
  const place = /^[A-Za-z0-9][A-Za-z0-9-]*=/.test(parameter) ? 'value' : 'keyword';
  return `Invalid parameter: Unexpected character in parameter ${place}`;
}
