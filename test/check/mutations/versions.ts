import { inProxyQuery } from './grafts.js';
import {
  appended,
  BOTH,
  type Mutation,
  ONLY_23,
  ONLY_24,
  replaced,
  sectionsOf,
  settingOf,
  settingsOf,
  withValue,
} from './mutation.js';

/** Mistakes of TLS, listeners, trust, and of mixing the versions. */
export const VERSION_MUTATIONS: readonly Mutation[] = [
  {
    name: 'ssl_cert without "<"',
    series: ONLY_23,
    codes: ['DV502'],
    apply: (set) => {
      const setting = settingOf(set, /^ssl_(?:cert|key)$/);
      return withValue(set, setting, setting?.node.value.form === 'file' ? setting.node.value.text : null);
    },
  },
  {
    name: 'a certificate with "<" as in 2.3',
    series: ONLY_24,
    codes: ['DV501'],
    apply: (set) => {
      const setting = settingOf(set, /^ssl_server_(?:cert|key)_file$/);
      return withValue(set, setting, setting === null ? null : `<${setting.node.value.text}`);
    },
  },
  {
    name: 'an old protocol allowed',
    series: BOTH,
    codes: ['DV505'],
    apply: (set) => {
      const [old] = settingsOf(set, /^ssl_min_protocol$/);
      return old === undefined ? appended(set, ['ssl_min_protocol = TLSv1']) : withValue(set, old, 'TLSv1');
    },
  },
  {
    name: 'TLS switched off',
    series: BOTH,
    codes: ['DV503'],
    apply: (set) => {
      const old = settingsOf(set, /^ssl$/)
        .filter(({ path }) => path.length === 0)
        .at(-1);
      return old === undefined ? appended(set, ['ssl = no']) : withValue(set, old, 'no');
    },
  },
  {
    name: 'weak ciphers allowed',
    series: BOTH,
    codes: ['DV514'],
    apply: (set) => {
      const [old] = settingsOf(set, /^ssl_cipher_list$/);
      return old === undefined
        ? appended(set, ['ssl_cipher_list = ALL:!LOW:!SSLv2'])
        : withValue(set, old, 'ALL:!LOW:!SSLv2');
    },
  },
  {
    name: 'passwords in the log after debugging',
    series: BOTH,
    codes: ['DV506'],
    apply: (set) => appended(set, ['auth_verbose_passwords = plain']),
  },
  {
    name: 'everybody trusted',
    series: BOTH,
    codes: ['DV601'],
    apply: (set) => {
      const [old] = settingsOf(set, /^login_trusted_networks$/);
      return old === undefined
        ? appended(set, ['login_trusted_networks = 0.0.0.0/0'])
        : withValue(set, old, '0.0.0.0/0');
    },
  },
  {
    name: 'a wrong mask of a trusted network',
    series: BOTH,
    codes: ['DV602'],
    apply: (set) => {
      const [old] = settingsOf(set, /^login_trusted_networks$/);
      return old === undefined
        ? appended(set, ['login_trusted_networks = 10.1.0.0/33'])
        : withValue(set, old, '10.1.0.0/33');
    },
  },
  {
    name: 'haproxy without trusted networks',
    series: BOTH,
    codes: ['DV603'],
    apply: (set) =>
      settingsOf(set, /^haproxy_trusted_networks$/).length > 0 ||
      !set.config.effective.listeners().some(({ service }) => service === 'imap-login')
        ? null
        : appended(
            set,
            [
              'service imap-login {',
              '  inet_listener haproxied {',
              '    port = 10143',
              '    haproxy = yes',
              '  }',
              '}',
            ],
            4,
          ),
  },
  {
    name: 'more clients than the auth process takes',
    series: BOTH,
    codes: ['DV607'],
    apply: (set) =>
      settingsOf(set, /^(?:client_limit|process_limit|default_client_limit)$/).length > 0 ||
      !set.config.effective.listeners().some(({ service }) => service === 'imap-login')
        ? null
        : appended(set, ['service imap-login {', '  process_limit = 4000', '}'], 2),
  },
  {
    name: 'a name of 2.3 in 2.4',
    series: ONLY_24,
    codes: ['DV701'],
    apply: (set) => appended(set, ['disable_plaintext_auth = yes']),
  },
  {
    name: 'mail_location in 2.4',
    series: ONLY_24,
    codes: ['DV701'],
    apply: (set) => appended(set, ['mail_location = maildir:~/Maildir']),
  },
  {
    name: 'a name of 2.4 in 2.3',
    series: ONLY_23,
    codes: ['DV702'],
    apply: (set) => appended(set, ['auth_allow_cleartext = no']),
  },
  {
    name: 'the certificate under its name of 2.4 in 2.3',
    series: ONLY_23,
    codes: ['DV702'],
    apply: (set) => {
      const setting = settingOf(set, /^ssl_cert$/);
      return setting === null
        ? null
        : replaced(set, setting.source.realPath, setting.node.keySpan, 'ssl_server_cert_file');
    },
  },
  {
    name: 'a passdb without its name in 2.4',
    series: ONLY_24,
    codes: ['DV703'],
    apply: (set) => {
      const section = set.pick(sectionsOf(set, /^(?:passdb|userdb)$/));
      if (section?.node.nameSpan == null) return null;
      return replaced(set, section.file, section.node.nameSpan, '');
    },
  },
  {
    name: 'args of 2.3 in a passdb of 2.4',
    series: ONLY_24,
    codes: ['DV701'],
    apply: (set) => {
      const section = set.pick(sectionsOf(set, /^passdb$/));
      if (section === null) return null;
      const { end } = section.node.headSpan;
      return replaced(set, section.file, { start: end, end }, '  args = /etc/dovecot/dovecot-sql.conf.ext\n');
    },
  },
  {
    name: '%u in a query of 2.4',
    series: ONLY_24,
    codes: ['DV705'],
    apply: (set) => inProxyQuery(set, /'%\{user\}'/, () => "'%u'"),
  },
  {
    name: 'a filter of 2.4 in a query of 2.3',
    series: ONLY_23,
    codes: ['DV704'],
    apply: (set) => inProxyQuery(set, /'%u'/, () => "'%{user | username}'"),
  },
  {
    name: 'a variable that does not exist',
    series: BOTH,
    codes: ['DV715', 'DV215', 'DV705'],
    apply: (set) => inProxyQuery(set, /'%(?:u|\{user\})'/, () => "'%{login}'"),
  },
  {
    name: 'a variable without its closing brace',
    series: ONLY_24,
    codes: ['DV711'],
    apply: (set) => inProxyQuery(set, /'%\{user\}'/, () => "'%{user'"),
  },
  {
    name: '$name in 2.4',
    series: ONLY_24,
    codes: ['DV706'],
    apply: (set) => appended(set, ['protocol lmtp {', '  mail_plugins = $mail_plugins sieve', '}'], 2),
  },
  {
    name: 'any-cert as the value of ssl',
    series: BOTH,
    codes: ['DV205'],
    apply: (set) => {
      const [old] = settingsOf(set, /^ssl$/).filter(({ path }) => path.length === 0);
      return old === undefined ? appended(set, ['ssl = any-cert']) : withValue(set, old, 'any-cert');
    },
  },
];
