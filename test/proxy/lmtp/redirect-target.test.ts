import { describe, expect, test } from 'vitest';
import { parseRedirect } from '../../../src/proxy/lmtp/redirect-target.js';

describe('where a backend of 2.4 sends a recipient', () => {
  test.each([
    ['joe@192.0.2.1', '192.0.2.1', null],
    ['<a@b> joe%40x@192.0.2.1:24 Referral', '192.0.2.1', 24],
    ['joe@[2001:db8::1]:2424 go', '2001:db8::1', 2424],
    ['192.0.2.1: go', '192.0.2.1', null],
  ])('%s', (reply, ip, port) => {
    const target = parseRedirect(reply);
    expect(target.kind === 'target' ? [target.ip.text, target.port] : target).toEqual([ip, port]);
  });

  test.each([
    ['<a@b>', 'Invalid path in redirect response'],
    ['<a@b joe@192.0.2.1', 'Invalid path in redirect response'],
    ['joe@192.0.2.1:65536', 'Invalid port number'],
    ['joe@192.0.2.1/x', "Invalid character '/' in redirect target"],
    ['j%@192.0.2.1', "Unexpected URI boundary after '%'"],
    ['j%4x@192.0.2.1', "Expecting hex digit after '%', but found 'x'"],
    ['joe@[nowhere]', "Invalid IPv6 host address 'nowhere'"],
    ['joe@there.example.org', 'Invalid host'],
  ])('%s: %s', (reply, problem) => {
    expect(parseRedirect(reply)).toEqual({ kind: 'invalid', problem });
  });
});
