import type { LoginSettings } from '../../../src/config/effective.js';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';

const DEFAULT_ELEMENTS = {
  '2.3.19.1': 'user=<%u> method=%m rip=%r lip=%l mpid=%e %c session=<%{session}>',
  '2.4.1':
    'user=<%{user}> method=%{mechanism} rip=%{remote_ip} lip=%{local_ip} mpid=%{mail_pid} %{secured} session=<%{session}>',
} as const;

/** Settings of a login process with Dovecot's defaults. */
export function loginSettings(version: DovecotVersion, changes: Partial<LoginSettings> = {}): LoginSettings {
  const is23 = version === '2.3.19.1';
  return {
    version,
    greeting: 'Dovecot ready.',
    hostname: 'proxy.example.com',
    trustedNetworks: [],
    sourceIps: [],
    proxyTimeout: 30_000,
    proxyMaxReconnects: 3,
    proxyMaxDisconnectDelay: 0,
    logFormat: is23 ? '%$: %s' : '%{message}: %{elements}',
    logFormatElements: DEFAULT_ELEMENTS[version],
    authVerbose: false,
    allowCleartext: false,
    haproxyTrustedNetworks: [],
    haproxyTimeout: 3000,
    imapCapability: is23 ? { text: '' } : { entries: new Map(), replaced: false },
    imapIdSend: new Map([['name', is23 ? '*' : 'Dovecot']]),
    imapIdRetain: false,
    imapIdLog: '',
    imapLiteralMinus: false,
    lmtpProxy: false,
    tlsServer: {
      mode: 'yes',
      certificate: null,
      key: null,
      keyPassword: '',
      dhParameters: null,
      ca: null,
      minProtocol: 'TLSv1.2',
      cipherList: '',
      cipherSuites: '',
      preferServerCiphers: false,
      requestClientCertificate: false,
    },
    tlsClient: {
      ca: null,
      caDirectory: null,
      lmtpCa: null,
      requireValidCertificate: true,
      requireCrl: false,
      certificate: null,
      key: null,
      minProtocol: 'TLSv1.2',
      cipherList: '',
    },
    ...changes,
  };
}

/** The few settings that the recorded configurations vary, without the configuration layer. */
export function settingsFromText(version: DovecotVersion, text: string): LoginSettings {
  const value = (name: string) => [...text.matchAll(new RegExp(`^${name} = (.*)$`, 'gm'))].at(-1)?.[1];
  const yes = (name: string, otherwise: boolean) => (value(name) ?? (otherwise ? 'yes' : 'no')) === 'yes';
  const block = (name: string) => new RegExp(`^${name} \\{\\n([^}]*)\\}`, 'm').exec(text)?.[1];
  const pairs = (body: string) =>
    [...body.matchAll(/^ *(\S+) =(?: (.*))?$/gm)].map((match): [string, string] => [
      match[1] ?? '',
      match[2] ?? '',
    ]);
  const is23 = version === '2.3.19.1';
  const defaults = loginSettings(version);
  const capability = value('imap_capability');
  const capabilityBlock = block('imap_capability');
  const idWords = value('imap_id_send')?.split(' ');
  const idBlock = block('imap_id_send');
  const sslMode = value('ssl');
  return {
    ...defaults,
    greeting: value('login_greeting') ?? (is23 ? 'Dovecot (Debian) ready.' : 'Dovecot ready.'),
    trustedNetworks: value('login_trusted_networks')?.split(/[ ,]+/) ?? [],
    sourceIps: value('login_source_ips')?.split(' ') ?? [],
    proxyTimeout:
      value('login_proxy_timeout') === undefined
        ? 30_000
        : Number.parseInt(value('login_proxy_timeout') ?? '', 10) * 1000,
    proxyMaxReconnects: Number(value('login_proxy_max_reconnects') ?? '3'),
    logFormat: value('login_log_format') ?? defaults.logFormat,
    logFormatElements: value('login_log_format_elements') ?? defaults.logFormatElements,
    authVerbose: yes('auth_verbose', false),
    allowCleartext: is23 ? !yes('disable_plaintext_auth', true) : yes('auth_allow_cleartext', false),
    imapCapability: is23
      ? { text: capability ?? '' }
      : {
          entries: new Map(
            capabilityBlock === undefined
              ? (capability?.split(' ') ?? []).map((name): [string, boolean] => [name, true])
              : pairs(capabilityBlock).map(([name, on]) => [name, on === 'yes']),
          ),
          replaced: capability !== undefined,
        },
    imapIdSend:
      idBlock !== undefined
        ? new Map(pairs(idBlock))
        : idWords !== undefined
          ? new Map(
              idWords.flatMap((word, index): [string, string][] =>
                index % 2 === 0 ? [[word, idWords[index + 1] ?? '']] : [],
              ),
            )
          : defaults.imapIdSend,
    imapIdRetain: yes('imap_id_retain', false),
    imapIdLog: value('imap_id_log') ?? '',
    tlsServer: { ...defaults.tlsServer, mode: sslMode === 'no' || sslMode === 'required' ? sslMode : 'yes' },
  };
}
