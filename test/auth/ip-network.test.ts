import { describe, expect, test } from 'vitest';
import { isInNetwork, parseIp, parseNetwork, sameIp } from '../../src/auth/ip-network.js';

function isIn(ip: string, text: string): boolean {
  const network = parseNetwork(text);
  return network !== null && isInNetwork(ip, network);
}

describe('networks of allow_nets', () => {
  test.each([
    ['10.1.2.3', '10.1.0.0/16', true],
    ['10.2.2.3', '10.1.0.0/16', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.4', '10.1.2.3', false],
    ['10.1.2.255', '10.1.2.128/25', true],
    ['10.1.2.127', '10.1.2.128/25', false],
    ['192.0.2.1', '0.0.0.0/0', true],
    ['2001:db8::5', '2001:db8::/32', true],
    ['2001:db9::5', '2001:db8::/32', false],
    ['::1', '[::1]', true],
    ['::ffff:10.1.2.3', '10.1.0.0/16', true],
    ['10.1.2.3', '2001:db8::/32', false],
    // A network that is written as mapped address takes nobody. observed 2.3.19.1 and 2.4.1
    ['10.1.2.3', '::ffff:10.1.2.3', false],
    ['::ffff:10.1.2.3', '::ffff:10.1.2.3', false],
    ['::1', '0.0.0.0/0', false],
    ['10.1.2.3', '::/0', false],
    ['10.0.0.1', '10.1', true],
    ['0.0.0.10', '10/8', true],
    ['10.0.0.1', '10/8', false],
  ])('%s in %s: %s', (ip, network, expected) => {
    expect(isIn(ip, network)).toBe(expected);
  });

  test.each(['bogus', '10.0.0.1/33', '10.0.0.0.0', '::/129', '[10.0.0.1]', '10.0.0.1/', '10.0.0.1/a'])(
    '%s is none',
    (text) => {
      expect(parseNetwork(text)).toBeNull();
    },
  );

  test('addresses are compared by value', () => {
    expect(sameIp('2001:db8:0:0::1', '2001:db8::1')).toBe(true);
    expect(sameIp('10.0.0.1', '10.0.0.2')).toBe(false);
    expect(parseIp('fe80::1%eth0')).toBeNull();
  });
});
