import type { KickQuestion, ProxyStatus } from './operator.js';
import type { BackendAction } from './shared-state.js';

/** One request a connection: a line of JSON to the proxy, a line of JSON back. */
export type AdminRequest =
  | { readonly schema: 1; readonly command: 'status' }
  | ({ readonly schema: 1; readonly command: 'kick' } & KickQuestion)
  | {
      readonly schema: 1;
      readonly command: 'backend';
      readonly action: BackendAction;
      readonly place: string;
    }
  | { readonly schema: 1; readonly command: 'reload' }
  | { readonly schema: 1; readonly command: 'restart' }
  | { readonly schema: 1; readonly command: 'stop' };

export type AdminReply =
  | {
      readonly schema: 1;
      readonly ok: true;
      readonly status?: ProxyStatus;
      readonly kicked?: number;
      readonly changed?: boolean;
    }
  | { readonly schema: 1; readonly ok: false; readonly error: string };

/** No request is longer: whoever sends more is cut off. */
export const MAX_REQUEST = 64 * 1024;

/** The request of a line; text: what is wrong with it. */
export function readRequest(line: string): AdminRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'the request is no JSON';
  }
  if (typeof value !== 'object' || value === null) return 'the request is no object';
  const { schema, command, user = null, host = null, action, place } = value as Record<string, unknown>;
  if (schema !== 1) return 'the request has another schema than 1';
  switch (command) {
    case 'status':
    case 'reload':
    case 'restart':
    case 'stop':
      return { schema, command };
    case 'backend':
      if (action !== 'drain' && action !== 'reset') return 'the action is drain or reset';
      if (typeof place !== 'string' || place === '') return 'the place is an address, or ADDRESS:PORT';
      return { schema, command, action, place };
    case 'kick':
      if (!isTextOrNull(user) || !isTextOrNull(host)) return 'user and host are texts';
      if (user === null && host === null) return 'kick needs a user or a host';
      return { schema, command, user, host };
    default:
      return `unknown command ${JSON.stringify(command)}`;
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
