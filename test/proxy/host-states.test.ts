import { describe, expect, test } from 'vitest';
import { HostStates } from '../../src/proxy/host-states.js';

const START = 1_795_293_184_500;

/** Connections that fail two seconds after they begin, one each second; why the last was not made. */
function outage(series: '2.3' | '2.4', seconds: number, limit: number): string | null {
  const hosts = new HostStates();
  const first = hosts.attempt('192.0.2.1', 143, START);
  hosts.attempt('192.0.2.1', 143, START);
  first.failed(START + seconds * 1000, START);
  const last = hosts.attempt('192.0.2.1', 143, START + seconds * 1000);
  return last.downReason(series, limit);
}

describe('proxy_host_immediate_failure_after', () => {
  test('fails at once where a host was down for longer and another connection is tried', () => {
    expect(outage('2.3', 3, 3)).toBe('Host is down');
    expect(outage('2.4', 3, 3)).toBe('Host has been down for 4 secs (last success was 1795293183)');
  });

  test('does nothing before that time, and where it is 0', () => {
    expect(outage('2.3', 2, 3)).toBeNull();
    expect(outage('2.4', 2, 3)).toBeNull();
    expect(outage('2.4', 100, 0)).toBeNull();
  });

  test('does nothing where nobody else tries', () => {
    const hosts = new HostStates();
    hosts.attempt('192.0.2.1', 143, START).failed(START + 60_000, START);
    expect(hosts.attempt('192.0.2.1', 143, START + 60_000).downReason('2.4', 30)).toBeNull();
  });

  test('is over with the next success, which older failures do not undo', () => {
    const hosts = new HostStates();
    const slow = hosts.attempt('192.0.2.1', 143, START);
    hosts.attempt('192.0.2.1', 143, START + 50_000).connected(START + 50_000);
    slow.failed(START + 60_000, START);
    hosts.attempt('192.0.2.1', 143, START + 60_000);
    expect(hosts.attempt('192.0.2.1', 143, START + 60_000).downReason('2.4', 1)).toBeNull();
  });

  test('knows each port of a host by itself', () => {
    const hosts = new HostStates();
    hosts.attempt('192.0.2.1', 143, START);
    hosts.attempt('192.0.2.1', 143, START).failed(START + 60_000, START);
    expect(hosts.attempt('192.0.2.1', 110, START + 60_000).downReason('2.4', 1)).toBeNull();
  });
});
