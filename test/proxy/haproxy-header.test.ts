import { describe, expect, test } from 'vitest';
import { type HaproxyInfo, parseHaproxyHeader } from '../../src/proxy/haproxy-header.js';

const V2 = '\r\n\r\n\0\r\nQUIT\n';
const FOUR = '\xc0\x00\x02\x37\xc0\x00\x02\x42\x15\xb3\x03\xe1';

function v2(block: string, family = 0x11, command = 0x21): string {
  return `${V2}${String.fromCharCode(command, family, block.length >> 8, block.length & 255)}${block}`;
}

function tlv(type: number, value: string): string {
  return `${String.fromCharCode(type, value.length >> 8, value.length & 255)}${value}`;
}

function info(data: string): HaproxyInfo {
  const step = parseHaproxyHeader(data, '127.0.0.1');
  if (step.kind !== 'header') throw new Error(JSON.stringify(step));
  return step.info;
}

function problem(data: string): string | null {
  const step = parseHaproxyHeader(data, '127.0.0.1');
  return step.kind === 'invalid' ? step.text : step.kind;
}

describe('a PROXY protocol header', () => {
  test('of version 2 has addresses, TLS, server name, certificate and protocol', () => {
    const tls = tlv(0x20, `\x01\0\0\0\0${tlv(0x21, 'TLSv1.3')}${tlv(0x22, 'joe')}`);
    expect(info(v2(FOUR + tlv(1, 'imap') + tlv(2, 'imap.example.com') + tls + tlv(4, '')))).toEqual({
      addresses: { remoteIp: '192.0.2.55', remotePort: 5555, localIp: '192.0.2.66', localPort: 993 },
      tls: true,
      hostname: 'imap.example.com',
      certificateName: 'joe',
      alpn: 'imap',
      remark: null,
    });
  });

  test('of version 2 may have IPv6 addresses, or none', () => {
    const six = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01\x20\x01\x0d\xb8${'\0'.repeat(11)}\x02\x00\x50\x01\xbb`;
    expect(info(v2(six, 0x21)).addresses).toEqual({
      remoteIp: '2001:db8::1',
      remotePort: 80,
      localIp: '2001:db8::2',
      localPort: 443,
    });
    expect(info(v2('whatever', 0x11, 0x20)).addresses).toBeNull();
    expect(info(v2('', 0x31))).toMatchObject({
      addresses: null,
      remark: 'haproxy(v2): Unsupported address family (family=03, rip=127.0.0.1)',
    });
  });

  test.each([
    [
      'PROXY TCP4 2001:db8::1 192.0.2.1 1 2\r\n',
      "Proxied remote address is invalid (address=`2001:db8::1', ",
    ],
    ['PROXY TCP6 2001:db8::1\r\n', 'Field for proxied local address is missing ('],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 0 2\r\n', "Proxied remote port is invalid (port=`0', "],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n', 'Field for proxied local port is missing ('],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n', "Header line has spurius extra field (field=`3', "],
    ['PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n', "Unknown proxied protocol (protocol=`UDP4', "],
    ['PROXY\r\n', 'Field for proxied protocol is missing ('],
  ])('%j of version 1 is refused', (data, text) => {
    expect(problem(data)).toBe(`haproxy(v1): Client disconnected: ${text}rip=127.0.0.1)`);
  });

  test.each([
    [v2(FOUR, 0x12), 'Not using TCP (type=02'],
    [v2(FOUR, 0x11, 0x22), 'Invalid command (cmd=02'],
    [v2(FOUR.slice(1)), 'IPv4 data is incomplete ('],
    [v2(FOUR, 0x21), 'IPv6 data is incomplete ('],
    [v2(FOUR, 0x51), 'Unknown address family (family=05'],
    [v2(`${FOUR}\x02\0\x09abc`), 'Invalid TLV: get_tlv(0) failed: Truncated data (cmd=01'],
    [v2(FOUR + tlv(0x20, 'abc')), 'Invalid TLV: get_ssl_tlv(0) failed: Truncated data (cmd=01'],
  ])('%j of version 2 is refused', (data, text) => {
    const comma = text.endsWith('(') ? '' : ', ';
    expect(problem(data)).toBe(`haproxy(v2): Client disconnected: ${text}${comma}rip=127.0.0.1)`);
  });

  test('never takes more than it may be long', () => {
    expect(problem(`PROXY ${'x'.repeat(101)}`)).toBe('more');
    expect(problem(`PROXY ${'x'.repeat(102)}`)).toBeNull();
    expect(problem(v2('x'.repeat(1485)))).toBe(
      'haproxy: Client disconnected: Too long header (rip=127.0.0.1)',
    );
  });
});
