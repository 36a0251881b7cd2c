import type { ByteString } from '../../grammar/bytes.js';
import type { Destination } from './destination.js';
import { decodeForward, encodeForward } from './forward-fields.js';
import { parseUint } from './interval.js';
import { parseIp } from './ip-address.js';
import type { LoginClient } from './login-client.js';

/** Dovecot client-common.h LOGIN_MAX_SESSION_ID_LEN */
const MAX_SESSION_ID = 64;

/** Dovecot 2.4.1 lib/connection.c connection_is_valid_dns_name */
export function isDnsName(name: ByteString): boolean {
  return /^[0-9A-Za-z.:_-]+$/.test(name) && !name.includes('..');
}

/** 2.4 tells a backend whether the way to the client is secured. */
export function clientTransport(client: LoginClient): 'TLS' | 'insecure' {
  return (client.endClientTls ?? client.tls === 'active') ? 'TLS' : 'insecure';
}

/** The XCLIENT command of POP3 and ManageSieve, without its end. Dovecot pop3-proxy.c proxy_send_login, managesieve-proxy.c */
export function xclientCommand(client: LoginClient, { forward }: Destination): ByteString {
  const parts = [
    `XCLIENT ADDR=${client.remoteIp}`,
    `PORT=${client.remotePort}`,
    `SESSION=${client.session()}`,
    `TTL=${client.ttl - 1}`,
  ];
  if (client.series === '2.4') {
    parts.push(`CLIENT-TRANSPORT=${clientTransport(client)}`);
    if (client.localName !== '') parts.push(`DESTNAME=${client.localName}`);
  }
  if (forward.length > 0) parts.push(`FORWARD=${encodeForward(forward)}`);
  return parts.join(' ');
}

/**
 * Takes over what a trusted front end says of its client; false where a value cannot be used. Those before and behind
 * it count all the same. Dovecot pop3-login/client.c cmd_xclient
 */
export function applyXclient(client: LoginClient, parameters: ByteString): boolean {
  let valid = true;
  for (const parameter of parameters.split(' ')) {
    const equals = parameter.indexOf('=');
    if (equals === -1) continue;
    const name = parameter.slice(0, equals).toUpperCase();
    if (!applyParameter(client, name, parameter.slice(equals + 1))) valid = false;
  }
  return valid;
}

function applyParameter(client: LoginClient, name: ByteString, value: ByteString): boolean {
  switch (name) {
    case 'ADDR': {
      const ip = parseIp(value);
      if (ip === null) return false;
      client.remoteIp = ip.text;
      return true;
    }
    case 'PORT': {
      const port = parseUint(value);
      if (port === null || port === 0 || port > 65535) return false;
      client.remotePort = port;
      return true;
    }
    case 'SESSION':
      // One that is too long is dropped without a word.
      if (value.length <= MAX_SESSION_ID) client.sessionId = value;
      return true;
    case 'TTL': {
      const ttl = parseUint(value);
      if (ttl === null) return false;
      client.ttl = ttl;
      return true;
    }
    case 'FORWARD': {
      const fields = decodeForward(value);
      if (fields === null) return false;
      client.forwardFields = fields;
      return true;
    }
    default:
      return client.series === '2.3' || applyParameter24(client, name, value);
  }
}

function applyParameter24(client: LoginClient, name: ByteString, value: ByteString): boolean {
  switch (name) {
    case 'CLIENT-TRANSPORT':
      client.endClientTls = value.startsWith('TLS');
      return true;
    case 'DESTNAME':
      if (!isDnsName(value)) return false;
      client.localName = value;
      return true;
    default:
      return true;
  }
}
