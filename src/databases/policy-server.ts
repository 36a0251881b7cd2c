import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { PolicyServer, PolicyVerdict } from '../auth/policy.js';
import { type PolicyOutcome, policyRequest } from '../auth/policy-request.js';
import type { PolicySettings } from '../auth/policy-settings.js';
import type { WalkState } from '../auth/walk-state.js';
import type { Series } from '../knowledge/versions.js';

const MAX_REPLY = 1_048_576;

type Log = PolicyVerdict['log'];

/** Status and body, or why there is none in the words of Dovecot's HTTP client. */
type Reply =
  | { readonly kind: 'reply'; readonly status: number; readonly reason: string; readonly body: ByteString }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * The policy server over HTTP. `waits`: a tarpit makes the login wait, as it does in Dovecot.
 * Dovecot 2.3.19.1 and 2.4.1 auth-policy.c
 */
export class HttpPolicyServer implements PolicyServer {
  readonly settings: PolicySettings;
  readonly #waits: boolean;

  constructor(settings: PolicySettings, waits: boolean) {
    this.settings = settings;
    this.#waits = waits;
  }

  async check(state: WalkState, when: 'before' | 'after', signal: AbortSignal): Promise<PolicyVerdict> {
    const { body, problem } = policyRequest(state, this.settings, null);
    const log: Log = problem === null ? [] : [error(`Failed to expand auth policy template: ${problem}`)];
    const reply = await this.#post('allow', body, signal);
    signal.throwIfAborted();
    const read = readReply(reply, state, this.settings);
    const verdict = { ...read, log: [...log, ...read.log] };
    if (this.#waits && when === 'before' && verdict.result > 0 && !this.settings.logOnly)
      await sleep(verdict.result * 1000, undefined, { signal });
    return verdict;
  }

  report(state: WalkState, outcome: PolicyOutcome): void {
    const { body } = policyRequest(state, this.settings, outcome);
    void this.#post('report', body, new AbortController().signal);
  }

  /** Rejects never. */
  #post(command: string, body: ByteString, signal: AbortSignal): Promise<Reply> {
    const { url: base, apiHeader, timeoutMs } = this.settings;
    return new Promise((resolve) => {
      const failed = (reason: string) => resolve({ kind: 'failed', reason });
      let url: URL;
      try {
        url = new URL(
          toUtf8(base.endsWith('&') ? `${base}command=${command}` : `${base}?command=${command}`),
        );
      } catch {
        failed(`Could not parse url ${toUtf8(base)}`);
        return;
      }
      const colon = apiHeader.indexOf(':');
      const [name, value] =
        colon === -1 ? ['X-API-Key', apiHeader] : [apiHeader.slice(0, colon), apiHeader.slice(colon + 1)];
      const bytes = Buffer.from(body, 'latin1');
      const options = {
        method: 'POST',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'User-Agent': 'dovecot/auth-policy-client',
          'Content-Type': 'application/json',
          'Content-Length': bytes.length,
          ...(apiHeader === '' ? {} : { [toUtf8(name ?? '')]: toUtf8(value ?? '').trimStart() }),
        },
      };
      const place = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
      try {
        const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
          url,
          options,
          (incoming) => {
            readBody(incoming).then(
              (text) => {
                const { statusCode = 0, statusMessage = '' } = incoming;
                resolve({ kind: 'reply', status: statusCode, reason: statusMessage, body: text });
              },
              (failure: unknown) => failed(String(failure)),
            );
          },
        );
        outgoing.on('error', (failure: NodeJS.ErrnoException) => {
          const timedOut = failure.name === 'TimeoutError' || failure.name === 'AbortError';
          const why = failure.code === 'ECONNREFUSED' ? 'Connection refused' : failure.message;
          failed(timedOut ? 'Absolute request timeout expired' : `connect(${place}) failed: ${why}`);
        });
        outgoing.end(bytes);
      } catch (failure) {
        failed(failure instanceof Error ? failure.message : String(failure));
      }
    });
  }
}

function error(text: ByteString): Log[number] {
  return { level: 'error', text };
}

async function readBody(incoming: IncomingMessage): Promise<ByteString> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (!(chunk instanceof Buffer)) continue;
    size += chunk.length;
    if (size > MAX_REPLY) throw new Error('the reply is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}

/** What an answer means; what cannot be used is a refusal or not, by reject_on_fail. */
function readReply(reply: Reply, { series }: WalkState, { rejectOnFail }: PolicySettings): PolicyVerdict {
  const unusable = (text: string, answered: boolean): PolicyVerdict => ({
    result: rejectOnFail ? -1 : 0,
    message: null,
    answered,
    log: [error(fromUtf8(text))],
  });
  if (reply.kind === 'failed') return unusable(`Policy server HTTP error: ${reply.reason}`, false);
  if (Math.floor(reply.status / 10) !== 20)
    return unusable(`Policy server HTTP error: ${reply.status} ${reply.reason}`, false);
  let parsed: unknown;
  try {
    parsed = JSON.parse(toUtf8(reply.body));
  } catch (failure) {
    const why = parseError(series, reply.body, failure);
    return unusable(`Policy server response JSON parse error: ${why}`, true);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return unusable('Policy server response JSON parse error: no object', true);
  const members = new Map<string, unknown>(Object.entries(parsed));
  const status = members.get('status');
  const text = members.get('msg');
  const wellFormed =
    (status === undefined || Number.isInteger(status)) && (text === undefined || typeof text === 'string');
  if (!wellFormed) return unusable('Policy server response was malformed', true);
  const message = typeof text === 'string' && text !== '' ? fromUtf8(text) : null;
  if (typeof status !== 'number') {
    const log = series === '2.3' ? [] : [error('Policy server response is missing status field')];
    return { result: rejectOnFail ? -1 : 0, message, answered: true, log };
  }
  return { result: status, message, answered: true, log: [] };
}

/** Words of the two parsers for what is cut off; others are this machine's. observed 2.3.19.1, 2.4.1 */
function parseError(series: Series, body: ByteString, failure: unknown): string {
  const words = failure instanceof Error ? failure.message : String(failure);
  if (!words.includes('end of JSON input')) return words;
  if (series === '2.3') return "Missing '}'";
  return body.trim() === '' ? 'JSON text has no value' : 'Encountered end of input inside object';
}
