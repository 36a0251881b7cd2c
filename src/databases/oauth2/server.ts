import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { AuthRequest } from '../../auth/request.js';
import type { Series } from '../../knowledge/versions.js';
import type { Oauth2Settings } from './settings.js';

/** Values of a reply's outermost object, by name; nested ones are left out. */
export type Oauth2Fields = ReadonlyMap<ByteString, ByteString>;

/** What the OAuth2 server said. */
export interface Reply {
  /** 2xx, and nothing in it is malformed. */
  readonly valid: boolean;
  readonly fields: Oauth2Fields;
  /** Why the reply cannot be used at all. */
  readonly error: ByteString | null;
  /** Nobody answered. */
  readonly unreachable?: { readonly host: string; readonly reason: string };
}

/** Dovecot's http_client waits a minute in all; nobody should. */
const TIMEOUT = 10_000;
const MAX_REPLY = 1_048_576;

/** One request to the OAuth2 server. Rejects never. Dovecot 2.3.19.1 oauth2-request.c: oauth2_request_start */
export function askServer(
  settings: Oauth2Settings,
  request: AuthRequest,
  call: { readonly url: ByteString; readonly body: ByteString | null; readonly bearer: ByteString | null },
  signal: AbortSignal,
): Promise<Reply> {
  const failed = (error: string, unreachable?: Reply['unreachable']): Reply => ({
    valid: false,
    fields: new Map(),
    error: fromUtf8(error),
    ...(unreachable === undefined ? {} : { unreachable }),
  });
  return new Promise((resolve) => {
    let url: URL;
    try {
      url = new URL(toUtf8(call.url));
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('no http URL');
    } catch {
      const reason = /^[a-z][a-z0-9+.-]*:/i.test(call.url)
        ? 'Unsupported scheme'
        : 'Relative HTTP URL not allowed';
      resolve(failed(`Invalid HTTP URL: ${reason}`));
      return;
    }
    const headers: Record<string, string> = {
      'User-Agent': `dovecot-oauth2-passdb/${settings.series === '2.3' ? '2.3.19.1' : '2.4.1'}`,
    };
    if (settings.sendAuthHeaders) Object.assign(headers, authHeaders(settings.series, request));
    if (call.body !== null) headers['Content-Type'] = 'application/x-www-form-urlencoded';
    if (call.bearer !== null && url.username === '' && settings.mode === 'auth')
      headers['Authorization'] = `Bearer ${call.bearer}`;
    const options = {
      method: call.body === null ? 'GET' : 'POST',
      headers,
      signal,
      timeout: settings.timeout || TIMEOUT,
      ...(url.protocol === 'https:' ? tlsOptions(settings) : {}),
    };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(url, options, (incoming) => {
      readBody(incoming).then(
        (body) => resolve(readReply(settings.series, incoming, body)),
        (error: unknown) => resolve(failed(String(error))),
      );
    });
    outgoing.on('timeout', () =>
      outgoing.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ECONNREFUSED' ? 'Connection refused' : error.message;
      const port = url.port || (url.protocol === 'https:' ? '443' : '80');
      const host = `${url.hostname}:${port}`;
      const text = error.code === 'ETIMEDOUT' ? 'Request timed out' : `connect(${host}) failed: ${reason}`;
      resolve(failed(text, { host, reason }));
    });
    outgoing.end(call.body === null ? undefined : Buffer.from(call.body, 'latin1'));
  });
}

function tlsOptions({ tls }: Oauth2Settings) {
  const file = (path: ByteString): string => readFileSync(toUtf8(path), 'utf8');
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.ca === '' ? {} : { ca: file(tls.ca) }),
    ...(tls.cert === '' ? {} : { cert: file(tls.cert) }),
    ...(tls.key === '' ? {} : { key: file(tls.key) }),
  };
}

function authHeaders(series: Series, request: AuthRequest): Record<string, string> {
  const address = (ip: string, port: number): string =>
    ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  return {
    ...(request.protocol === ''
      ? {}
      : { [`X-Dovecot-Auth-${series === '2.3' ? 'Service' : 'Protocol'}`]: request.protocol }),
    ...(request.localIp === ''
      ? {}
      : { 'X-Dovecot-Auth-Local': address(request.localIp, request.localPort) }),
    ...(request.remoteIp === ''
      ? {}
      : { 'X-Dovecot-Auth-Remote': address(request.remoteIp, request.remotePort) }),
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  let text = '';
  incoming.setEncoding('utf8');
  for await (const part of incoming) {
    text += part;
    if (text.length > MAX_REPLY) throw new Error('reply too long');
  }
  return text;
}

/** Dovecot 2.3.19.1 oauth2-request.c: oauth2_request_response, oauth2_request_field_parse */
function readReply(series: Series, incoming: IncomingMessage, body: string): Reply {
  const status = incoming.statusCode ?? 0;
  const kind = Math.floor(status / 100);
  if (kind !== 2 && kind !== 4)
    return { valid: false, fields: new Map(), error: fromUtf8(`${status} ${incoming.statusMessage ?? ''}`) };
  let fields: Oauth2Fields;
  try {
    fields = fieldsOf(body);
  } catch {
    const problem = series === '2.3' ? '' : 'Invalid JSON in response: ';
    return { valid: false, fields: new Map(), error: problem + jsonError(body.trim()) };
  }
  // Dovecot 2.4.1 oauth2-request.c: oauth2_request_parse_json
  const told =
    fields.get('error') === undefined ? undefined : (fields.get('error_description') ?? fields.get('error'));
  if (series === '2.4' && told !== undefined) return { valid: false, fields, error: told };
  for (const [name, value] of fields) {
    if (name.toLowerCase() === 'expires_in' && !/^\d{1,10}$/.test(value))
      return { valid: false, fields, error: `Malformed number '${value}' in expires_in` };
    if (name.toLowerCase() === 'token_type' && value.toLowerCase() !== 'bearer')
      return { valid: false, fields, error: `Expected Bearer token, got '${value}'` };
  }
  return { valid: kind === 2, fields, error: null };
}

/** Dovecot 2.3.19.1 json-parser.c, for what does not begin or end as an object. observed */
function jsonError(text: string): ByteString {
  if (!text.startsWith('{')) return "Object doesn't begin with '{'";
  return text.endsWith('}') ? 'Invalid response data' : "Missing '}'";
}

/** The members of a JSON object whose values are no objects and no lists. Throws where it is none. */
export function fieldsOf(text: string): Oauth2Fields {
  if (text === '') return new Map();
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
  const plain = Object.entries(value).filter(([, each]) => typeof each !== 'object' || each === null);
  return new Map(plain.map(([name, each]) => [fromUtf8(name), fromUtf8(String(each))]));
}
