import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();

describe('login_source_ips', () => {
  test('are used in turn, and with `?` only those of this machine', async () => {
    const backend = await cases.lineBackend('+OK ready\r\n', () => '+OK\r\n');
    const settings = 'login_source_ips = ?127.0.0.5 192.0.2.77 127.0.0.6\n';
    const proxy = await cases.proxy([joe(backend.port)], settings);
    for (let index = 0; index < 3; index++) {
      const client = await cases.connect(proxy, 'pop3');
      await client.until(/ready\.\r\n/);
      client.send('USER joe\r\nPASS secret\r\n');
      await client.until(/\+OK\r\n\+OK\r\n/);
    }
    expect(backend.clients).toEqual(['127.0.0.5', '127.0.0.6', '127.0.0.5']);
  });
});
