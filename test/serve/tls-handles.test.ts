import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();

afterEach(() => {
  Reflect.set(process, 'binding', load);
});

const load: unknown = Reflect.get(process, 'binding');

function bindingOf(name: string): object {
  const binding: unknown = typeof load === 'function' ? load.call(process, name) : null;
  if (typeof binding !== 'object' || binding === null) throw new Error(`no binding ${name}`);
  return binding;
}

/** Whether a Node would do whose tls_wrap is that. */
async function takes(tls: object | Error): Promise<boolean> {
  Reflect.set(process, 'binding', (name: string) => {
    if (name !== 'tls_wrap') return bindingOf(name);
    if (tls instanceof Error) throw tls;
    return tls;
  });
  vi.resetModules();
  const { hasTlsHandles } = await import('../../src/serve/tls-handles.js');
  return hasTlsHandles();
}

describe('TLS is had as handles', () => {
  test('of this Node', async () => {
    const before: unknown = Reflect.get(bindingOf('tls_wrap'), 'wrap');
    expect(await takes(bindingOf('tls_wrap'))).toBe(true);
    expect(Reflect.get(bindingOf('tls_wrap'), 'wrap')).toBe(before);
  });

  test('not of one that does not tell of it, or lacks something', async () => {
    expect(await takes(new Error('No such binding: tls_wrap'))).toBe(false);
    expect(await takes({})).toBe(false);
    class TLSWrap {
      readStart(): void {}
    }
    expect(await takes({ TLSWrap, wrap: () => undefined })).toBe(false);
  });

  test('not of one whose own sockets call it in another way', async () => {
    const binding = bindingOf('tls_wrap');
    // A copy that its sockets do not call.
    expect(await takes({ ...binding })).toBe(false);
    const original = TLSSocket.prototype;
    const wrapHandle: unknown = Reflect.get(original, '_wrapHandle');
    Reflect.set(original, '_wrapHandle', () => {
      const wrap: unknown = Reflect.get(binding, 'wrap');
      if (typeof wrap === 'function') wrap({ close: () => undefined }, {}, true, false, 'new');
    });
    try {
      expect(await takes(binding)).toBe(false);
    } finally {
      Reflect.set(original, '_wrapHandle', wrapHandle);
    }
  });
});

// What comes of it is the same: test/serve/node-handles.test.ts, and here with TCP handles below.
test('TCP handles become sockets where only TLS cannot be had as one', async () => {
  vi.doMock('../../src/serve/tls-handles.js', () => ({ hasTlsHandles: () => false }));
  vi.resetModules();
  const { RunningProxy } = await import('./running-proxy.js');
  const backend = await cases.backend({ tls: 'starttls' });
  const proxy = await RunningProxy.start([joe(backend.port, 'starttls=any-cert')]);
  try {
    const client = await cases.tlsClient(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
    expect(await client.command('b', 'NOOP')).toMatch(/^b OK /);
    const clear = await cases.client(proxy);
    clear.send('1 STARTTLS\r\n2 LOGIN joe secret\r\n');
    expect(await clear.end()).toBe('1 OK Begin TLS negotiation now.\r\n');
    client.close();
    await proxy.idle();
    expect(proxy.log.join('\n')).toContain('TLS handshaking: SSL_accept() failed');
  } finally {
    await proxy.stop();
  }
});
