import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { metricsText } from './metrics.js';
import type { Operator } from './operator.js';
import { RecentRate } from './recent-rate.js';
import { statusPage, sumOf } from './status-page.js';

/** The address cannot be listened on. */
export class HttpListenError extends Error {}

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Metrics, health and a page for people: read only, for a network of administrators. */
export class HttpServer {
  readonly #server: Server;
  /** `ADDRESS:PORT` with the port that was given out. */
  readonly endpoint: string;
  #closed: Promise<void> | null = null;

  private constructor(server: Server, endpoint: string) {
    this.#server = server;
    this.endpoint = endpoint;
  }

  static async open(
    address: { readonly host: string; readonly port: number },
    operator: Operator,
    version: string,
  ): Promise<HttpServer> {
    const { host, port } = address;
    const logins = new RecentRate(Date.now());
    const page = async () => {
      const status = await operator.status();
      const now = new Date();
      const rate = logins.perMinute(now.getTime(), sumOf(status.counts.logins, ' ok'));
      return statusPage(status, version, now, rate);
    };
    const server = createServer(
      (request, response) => void answer(request, response, operator, version, page),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new HttpListenError(`http ${host}:${port}: ${error.message}`)));
      server.listen(port, host, resolve);
    });
    const bound = server.address();
    const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
    return new HttpServer(server, `${host.includes(':') ? `[${host}]` : host}:${actual}`);
  }

  /** The address is free at once. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closed;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  operator: Operator,
  version: string,
  page: () => Promise<string>,
): Promise<void> {
  const send = (status: number, type: string, body: string) => {
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? '' : body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(405, 'text/plain; charset=utf-8', 'only GET\n');
  }
  try {
    const { pathname } = new URL(request.url ?? '/', 'http://proxy');
    switch (pathname) {
      case '/metrics':
        return send(200, OPENMETRICS, await metricsText(await operator.status(), version));
      case '/healthz': {
        const { endpoints, workers } = await operator.status();
        const healthy = endpoints.length > 0 && workers > 0;
        return send(healthy ? 200 : 503, 'text/plain; charset=utf-8', healthy ? 'ok\n' : 'not serving\n');
      }
      case '/':
        return send(200, 'text/html; charset=utf-8', await page());
      default:
        return send(404, 'text/plain; charset=utf-8', 'there are /, /metrics and /healthz\n');
    }
  } catch (error) {
    send(500, 'text/plain; charset=utf-8', `${error instanceof Error ? error.message : String(error)}\n`);
  }
}
