import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Place } from '../../grammar/source.js';
import type { FileSetting } from '../config/effective.js';
import type { FileLook } from './file-probe.js';
import type { RuleContext } from './rule.js';
import { placeOfValue } from './value-text.js';

/** A certificate or key file that the configuration names, with what is there. */
export interface TlsFile {
  readonly path: string;
  readonly place: Place;
  readonly look: FileLook;
}

export interface TlsPair {
  readonly certificate: TlsFile | null;
  readonly key: TlsFile | null;
  /** '' where the key needs none. */
  readonly keyPassword: string;
}

/** The server's pair of each protocol, once each, where the machine's files (or a copy under --map) are at hand. */
export function tlsPairs({ config, files }: RuleContext): TlsPair[] {
  const { effective } = config;
  const pairs = new Map<string, TlsPair>();
  const fileOf = (setting: FileSetting | null): TlsFile | null => {
    if (setting === null || setting.path === null || setting.origin === null || files === null) return null;
    const isAtHand = files.isMapped(setting.path) || config.main.realPath.startsWith('/etc/');
    if (!isAtHand) return null;
    return { path: setting.path, place: placeOfValue(setting.origin), look: files.look(setting.path) };
  };
  for (const filter of [{}, ...effective.protocols.map((protocol) => ({ protocol }))]) {
    const { mode, certificate, key, keyPassword } = effective.tlsServer(filter);
    const name = `${certificate?.path} ${key?.path}`;
    if (mode === 'no' || pairs.has(name)) continue;
    pairs.set(name, { certificate: fileOf(certificate), key: fileOf(key), keyPassword });
  }
  return [...pairs.values()];
}

export function certificateIn({ look }: TlsFile): X509Certificate | null {
  try {
    return look.kind === 'file' ? new X509Certificate(look.read()) : null;
  } catch {
    return null;
  }
}

/** null: no key, or one that cannot be read with this password. */
export function keyIn({ look }: TlsFile, passphrase: string) {
  try {
    if (look.kind !== 'file') return null;
    return createPrivateKey({ key: look.read(), ...(passphrase === '' ? {} : { passphrase }) });
  } catch {
    return null;
  }
}
