import { constants } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls';
import type {
  FileSetting,
  TlsClientSettings,
  TlsCommonSettings,
  TlsServerSettings,
} from '../config/effective.js';

/** TLS cannot be set up as it is configured; the message says which file or setting. */
export class TlsSetupError extends Error {}

/** Bytes of a file as the configuration names it (`--map` applied). */
export type ReadFile = (path: string) => Buffer;

export function readRealFile(path: string): Buffer {
  return readFileSync(path);
}

function contentOf(setting: FileSetting | null, what: string, read: ReadFile): Buffer | null {
  if (setting === null) return null;
  if (setting.inline !== null) return Buffer.from(setting.inline, 'latin1');
  if (setting.path === null || setting.path === '') return null;
  try {
    return read(setting.path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TlsSetupError(`${what}: cannot read ${setting.path}: ${reason}`);
  }
}

/** ssl_min_protocol by its lower-case names. Dovecot lib-ssl-iostream/iostream-openssl-common.c protocol_versions */
const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  any: 'TLSv1',
  sslv3: 'TLSv1',
  tlsv1: 'TLSv1',
  'tlsv1.1': 'TLSv1.1',
  'tlsv1.2': 'TLSv1.2',
  'tlsv1.3': 'TLSv1.3',
  latest: 'TLSv1.3',
};

const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = constants;

function common({
  minProtocol,
  cipherList,
  cipherSuites,
  curveList,
  tickets,
}: TlsCommonSettings): SecureContextOptions {
  const minVersion = VERSIONS[minProtocol.toLowerCase()];
  const ciphers = [cipherSuites, cipherList].filter((list) => list !== '').join(':');
  return {
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(ciphers === '' ? {} : { ciphers }),
    ...(curveList === '' ? {} : { ecdhCurve: curveList }),
    // Node lets clients renegotiate, OpenSSL 3 alone does not. With TLSv1.3 `no_ticket` is a ticket without content.
    secureOptions: SSL_OP_NO_RENEGOTIATION | (tickets ? 0 : SSL_OP_NO_TICKET),
  };
}

function build(options: SecureContextOptions, what: string): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new TlsSetupError(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** For connections of clients; null where TLS is off or there is no certificate. */
export function serverContext(
  settings: TlsServerSettings,
  read: ReadFile,
  requireCrl = false,
): SecureContext | null {
  if (settings.mode === 'no') return null;
  const cert = contentOf(settings.certificate, 'ssl_cert', read);
  const key = contentOf(settings.key, 'ssl_key', read);
  if (cert === null || key === null) return null;
  const ca = contentOf(settings.ca, 'ssl_ca', read);
  const crls = requireCrl ? revocationLists(settings.ca, read) : [];
  const dh = contentOf(settings.dhParameters, 'ssl_dh', read);
  return build(
    {
      ...common(settings),
      cert,
      key,
      honorCipherOrder: settings.preferServerCiphers,
      ...(settings.keyPassword === '' ? {} : { passphrase: settings.keyPassword }),
      // An empty list trusts nobody; without it Node would trust its own list of authorities.
      ca: ca === null ? [] : [ca],
      ...(crls.length === 0 ? {} : { crl: crls }),
      dhparam: dh ?? 'auto',
    },
    'ssl_cert, ssl_key',
  );
}

/** Towards backends, with what is trusted there. */
export interface BackendTlsContext {
  readonly context: SecureContext;
  /** ssl_client_require_valid_cert (2.4): no checks at all when off. */
  readonly verify: boolean;
  /** Every certificate is refused for this reason (2.3 wants a CRL beside the CA). */
  readonly refusal: string | null;
}

function directoryCertificates(directory: string | null): Buffer[] {
  if (directory === null || directory === '') return [];
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    throw new TlsSetupError(
      `ssl_client_ca_dir: cannot read ${directory}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  // The hashed names point at the same certificates that the folder holds under their own.
  return names
    .filter((name) => /\.(pem|crt)$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`${directory}/${name}`)];
      } catch {
        return [];
      }
    });
}

const CRL = /-----BEGIN X509 CRL-----[\s\S]*?-----END X509 CRL-----/g;

/** The CRLs that stand beside the certificates of an authority. */
export function revocationLists(ca: FileSetting | null, read: ReadFile): string[] {
  return contentOf(ca, 'ssl_ca', read)?.toString('latin1').match(CRL) ?? [];
}

/** `lmtp`: 2.3's LMTP trusts ssl_client_ca_file besides ssl_ca, its login processes do not. */
export function clientContext(settings: TlsClientSettings, read: ReadFile, lmtp = false): BackendTlsContext {
  const ca = contentOf(settings.ca, 'ssl_ca, ssl_client_ca_file', read);
  const lmtpCa = lmtp ? contentOf(settings.lmtpCa, 'ssl_client_ca_file', read) : null;
  const cert = contentOf(settings.certificate, 'ssl_client_cert', read);
  const key = contentOf(settings.key, 'ssl_client_key', read);
  const crls = settings.requireCrl ? revocationLists(settings.ca, read) : [];
  const context = build(
    {
      ...common(settings),
      ca: [ca, lmtpCa]
        .filter((content) => content !== null)
        .concat(directoryCertificates(settings.caDirectory)),
      ...(crls.length === 0 ? {} : { crl: crls }),
      ...(cert === null || key === null ? {} : { cert, key }),
    },
    'ssl_client settings',
  );
  // Only beside ssl_ca one is wanted. observed 2.3.19.1
  const wantsCrl = !lmtp && settings.requireCrl && ca !== null && crls.length === 0;
  return {
    context,
    verify: settings.requireValidCertificate,
    refusal: wantsCrl ? 'unable to get certificate CRL' : null,
  };
}
