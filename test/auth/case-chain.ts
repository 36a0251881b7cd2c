import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '../../grammar/bytes.js';
import type { AuthRequest } from '../../src/auth/request.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { type LoadedConfig, loadForDump } from '../../src/config/load.js';
import type { SystemVariables } from '../../src/variables/scope.js';
import type { CaseFile, CaseRequest } from './chain-cases.js';

export const SYSTEM: SystemVariables = {
  hostname: 'mail.example.com',
  pid: 4711,
  uid: 0,
  gid: 0,
  now: Date.now,
  randomBytes: (count) => new Uint8Array(count),
};

/** The folder of one configuration with its files, as the vectors describe it. */
export interface CaseFolder {
  readonly path: string;
  readonly main: string;
  load(): LoadedConfig;
  remove(): void;
}

export async function caseFolder(
  vectors: CaseFile,
  chain: {
    readonly version: '2.3.19.1' | '2.4.1';
    readonly config: string;
    readonly files: Readonly<Record<string, number | string>>;
    readonly databases?: Readonly<Record<string, number>>;
  },
): Promise<CaseFolder> {
  const path = mkdtempSync(join(tmpdir(), 'dvproxy-chain-'));
  mkdirSync(path, { recursive: true });
  const inPlace = (text: string) => text.replaceAll('@DIR@', path);
  const textOf = (file: number | string) => (typeof file === 'string' ? file : (vectors.texts[file] ?? ''));
  for (const [name, file] of Object.entries(chain.files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), inPlace(textOf(file)));
  }
  for (const [name, sql] of Object.entries(chain.databases ?? {})) {
    const { default: Sqlite } = await import('better-sqlite3');
    const database = new Sqlite(join(path, name));
    database.exec(textOf(sql));
    database.close();
  }
  const main = join(path, 'dovecot.conf');
  writeFileSync(main, inPlace(vectors.common[chain.version] + chain.config));
  return {
    path,
    main,
    load: () => loadForDump({ path: main, host: nodeConfigHost(), version: chain.version }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

function portOf(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}

/** What doveadm (or a login process) asks the auth process in a recorded case. */
export function requestOfCase(given: CaseRequest): AuthRequest {
  const op = given.op ?? 'test';
  const info = given.info ?? {};
  return {
    user: fromUtf8(given.master_user ?? given.user),
    authorizationId: given.master_user === undefined ? '' : fromUtf8(given.user),
    password: op === 'lookup' ? null : fromUtf8(given.password ?? ''),
    mode: op === 'lookup' ? 'lookup' : 'verify',
    mechanism: op === 'lookup' ? '' : (given.mech ?? 'PLAIN'),
    protocol: given.service ?? 'doveadm',
    localIp: given.lip ?? '',
    localPort: portOf(info['lport']),
    remoteIp: given.rip ?? '',
    remotePort: portOf(info['rport']),
    realLocalIp: info['real_lip'] ?? given.lip ?? '',
    realLocalPort: portOf(info['real_lport'] ?? info['lport']),
    realRemoteIp: info['real_rip'] ?? given.rip ?? '',
    realRemotePort: portOf(info['real_rport'] ?? info['rport']),
    localName: '',
    clientId: '',
    session: '',
    secured: '',
    validClientCertificate: false,
    forward: Object.entries(info).flatMap(([name, value]) =>
      name.startsWith('forward_') ? [[name.slice('forward_'.length), value] as const] : [],
    ),
    login: op === 'login',
  };
}
