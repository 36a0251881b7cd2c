import type { ServeLog } from '../log.js';
import { AdminServer } from './admin-server.js';
import { HttpServer } from './http-server.js';
import type { Operator } from './operator.js';

export interface OperationOptions {
  /** Path of the admin socket; null: none. */
  readonly admin: string | null;
  /** Where metrics, health and the status page are served; null: nowhere. */
  readonly http: { readonly host: string; readonly port: number } | null;
  /** Of dvproxy. */
  readonly version: string;
}

/** What an administrator reaches a running proxy by. */
export interface Operation {
  /** `http://127.0.0.1:9102/`; null: not served. */
  readonly httpUrl: string | null;
  /** Socket and address are free at once; resolves when questions that were asked have their answers. */
  close(): Promise<void>;
}

/** Opens what the options ask for, all or nothing. */
export async function openOperation(
  { admin, http, version }: OperationOptions,
  operator: Operator,
  log: ServeLog,
): Promise<Operation> {
  const socket = admin === null ? null : await AdminServer.open(admin, operator);
  try {
    const pages = http === null ? null : await HttpServer.open(http, operator, version);
    const httpUrl = pages === null ? null : `http://${pages.endpoint}/`;
    if (httpUrl !== null) log.line('dvproxy', 'info', `status page and metrics at ${httpUrl}`);
    return {
      httpUrl,
      close: async () => {
        await Promise.all([pages?.close(), socket?.close()]);
      },
    };
  } catch (error) {
    await socket?.close();
    throw error;
  }
}
