import { describe, expect, test } from 'vitest';
import { HaproxyGate } from '../../src/proxy/haproxy-gate.js';
import { parseHaproxyHeader } from '../../src/proxy/haproxy-header.js';
import { Dice } from './random/dice.js';
import { fuzzSeed, fuzzSteps } from './random/fuzz-size.js';

const VERSIONS = ['2.3.19.1', '2.4.1'] as const;

describe('headers of haproxy that are anything', () => {
  const STARTS = [
    'PROXY TCP4 192.0.2.1 192.0.2.2 5 143\r\n',
    'PROXY UNKNOWN\r\n',
    'PROXY TCP6 ::1 ::2 5 143\r\n',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x7f\0\0\x01\x7f\0\0\x02\x10\x00\x00\x8f',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x1c\x7f\0\0\x01\x7f\0\0\x02\x10\x00\x00\x8f\x20\x00\x0d\x01\0\0\0\0\x22\x00\x05joe\0x',
    '\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00',
  ] as const;

  test.each(VERSIONS)('are taken or refused as %s does', (version) => {
    const dice = new Dice(fuzzSeed(9));
    const ends = new Set<string>();
    for (let round = 0; round < fuzzSteps(20_000); round++) {
      const data = dice.text(STARTS);
      const whole = parseHaproxyHeader(data, '127.0.0.1');
      if (whole.kind === 'header') expect(whole.size).toBeLessThanOrEqual(data.length);
      const gate = new HaproxyGate({
        series: version === '2.4.1' ? '2.4' : '2.3',
        protocol: 'imap',
        remoteIp: '127.0.0.1',
        trustedNetworks: ['127.0.0.0/8'],
      });
      let step = gate.start();
      for (let at = 0; at < data.length && step.kind === 'waiting'; ) {
        const size = 1 + dice.below(9);
        step = gate.received(data.slice(at, at + size));
        at += size;
      }
      ends.add(step.kind);
    }
    expect(ends.size).toBe(3);
  });
});
