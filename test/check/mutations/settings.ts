import { misspelt } from './language.js';
import {
  appended,
  BOTH,
  inserted,
  type Mutation,
  ONLY_24,
  replaced,
  sectionsOf,
  settingOf,
  settingsOf,
  withValue,
} from './mutation.js';

const TIMES = /(?:_delay|_timeout|_ttl|_interval|_min_time|idle_kill)$/;
const BOOLEANS =
  /^(?:auth_verbose|auth_debug|mail_debug|maildir_very_dirty_syncs|ssl_prefer_server_ciphers|disable_plaintext_auth|auth_allow_cleartext|inbox|list|subscriptions|hidden|verbose_ssl|lmtp_save_to_detail_mailbox|recipient_delimiter_lookup|mail_save_crlf|mmap_disable|lda_mailbox_autocreate|lda_mailbox_autosubscribe|mailbox_list_utf8|sieve_.*_enabled)$/;

/** Mistakes of settings and their values. */
export const SETTING_MUTATIONS: readonly Mutation[] = [
  {
    name: 'two letters of a setting swapped',
    series: BOTH,
    codes: ['DV201', 'DV203', 'DV214'],
    apply: (set) => {
      const setting = settingOf(set, /^[a-z_]{4,}$/);
      const name = setting === null ? null : misspelt(setting.node.key);
      if (setting === null || name === null) return null;
      return replaced(set, setting.source.realPath, setting.node.keySpan, name);
    },
  },
  {
    name: 'a letter of a section swapped',
    series: BOTH,
    codes: ['DV202', 'DV201', 'DV203'],
    apply: (set) => {
      const section = set.pick(sectionsOf(set, /^(?:passdb|userdb|service|namespace|protocol)$/));
      const name = section === null ? null : misspelt(section.node.key);
      if (section === null || name === null) return null;
      return replaced(set, section.file, section.node.keySpan, name);
    },
  },
  {
    name: 'true and false in the place of yes and no',
    series: BOTH,
    codes: ['DV204', 'DV205'],
    apply: (set) => {
      const setting = settingOf(set, BOOLEANS);
      return withValue(set, setting, setting?.node.value.text === 'no' ? 'false' : 'true');
    },
  },
  {
    name: 'require in the place of required',
    series: BOTH,
    codes: ['DV205'],
    apply: (set) => {
      const [old] = settingsOf(set, /^ssl$/).filter(({ path }) => path.length === 0);
      return old === undefined ? appended(set, ['ssl = require']) : withValue(set, old, 'require');
    },
  },
  {
    name: 'a number of seconds without a unit',
    series: BOTH,
    codes: ['DV207'],
    apply: (set) => {
      const setting = settingOf(set, TIMES);
      return setting === null ? appended(set, ['auth_failure_delay = 2']) : withValue(set, setting, '30');
    },
  },
  {
    name: 'a size in Mb',
    series: BOTH,
    codes: ['DV208'],
    apply: (set) => {
      const setting = settingOf(set, /(?:vsz_limit|_size)$/);
      return setting === null
        ? appended(set, ['default_vsz_limit = 512Mb x'])
        : withValue(set, setting, '512 Megs');
    },
  },
  {
    name: 'letter O in a number',
    series: BOTH,
    codes: ['DV206', 'DV209', 'DV208'],
    apply: (set) =>
      withValue(
        set,
        settingOf(set, /^(?:port|process_limit|client_limit|first_valid_uid|process_min_avail)$/),
        '1O0',
      ),
  },
  {
    name: 'a port above 65535',
    series: BOTH,
    codes: ['DV209'],
    apply: (set) => withValue(set, settingOf(set, /^port$/), '99300'),
  },
  {
    name: 'a setting of a service at the top',
    series: BOTH,
    codes: ['DV203', 'DV201'],
    apply: (set) => appended(set, ['client_limit = 2000']),
  },
  {
    name: 'a mode without its leading zero',
    series: BOTH,
    codes: ['DV219'],
    apply: (set) => withValue(set, settingOf(set, /^mode$/), '660'),
  },
  {
    name: 'a setting twice, the second by mistake',
    series: BOTH,
    codes: ['DV220'],
    apply: (set) => {
      const setting = set.pick(
        settingsOf(set, /^(?:ssl|auth_mechanisms|mail_location|mail_path|protocols)$/).filter(
          ({ path, source }) => path.length === 0 && source.realPath === set.main,
        ),
      );
      if (setting === null || setting.node.value.form !== 'text') return null;
      const { end } = setting.node.span;
      const other = setting.node.key === 'ssl' ? 'yes' : `${setting.node.value.text} `.trim();
      return replaced(
        set,
        set.main,
        { start: end, end },
        `${setting.node.key} = ${other}x\n`.replace(
          'yesx',
          setting.node.value.text === 'yes' ? 'required' : 'yes',
        ),
      );
    },
  },
  {
    name: 'a list where a block is wanted',
    series: ONLY_24,
    codes: ['DV210'],
    apply: (set) => appended(set, ['import_environment = TZ CORE_OUTOFMEM']),
  },
  {
    name: 'a misspelt setting of a plugin',
    series: ['2.3'],
    codes: ['DV221'],
    apply: (set) => {
      const plugin = set.pick(sectionsOf(set, /^plugin$/));
      const keys = plugin?.node.body.flatMap((node) =>
        node.kind === 'setting' &&
        /^(?:quota|sieve|sieve_dir|sieve_before|sieve_max_redirects|quota_rule2?|acl|expire|trash|mail_log_events|fts|quota_warning|sieve_extensions|quota_exceeded_message|zlib_save|zlib_save_level|quota_grace)$/.test(
          node.key,
        ) &&
        node.key.length > 4
          ? [node]
          : [],
      );
      const node = set.pick(keys ?? []);
      const name = node === null ? null : misspelt(node.key);
      if (plugin === null || node === null || name === null) return null;
      return replaced(set, plugin.file, node.keySpan, name);
    },
  },
  {
    name: 'two listeners on one port',
    series: BOTH,
    codes: ['DV604'],
    apply: (set) =>
      set.config.effective.listeners().some(({ port }) => port === 143)
        ? appended(set, ['service imap-login {', '  inet_listener again {', '    port = 143', '  }', '}'], 3)
        : null,
  },
  {
    name: 'a limit of processes as text',
    series: BOTH,
    codes: ['DV206'],
    apply: (set) => inserted(set, set.pick(sectionsOf(set, /^service$/)), ['  process_min_avail = auto']),
  },
  {
    name: 'a plugin with two letters swapped',
    series: BOTH,
    codes: ['DV225'],
    apply: (set) =>
      appended(
        set,
        set.series === '2.3' ? ['mail_plugins = qouta'] : ['mail_plugins {', '  qouta = yes', '}'],
        set.series === '2.3' ? 1 : 2,
      ),
  },
  {
    name: 'a mailbox format that does not exist',
    series: BOTH,
    codes: ['DV224'],
    apply: (set) =>
      appended(set, [set.series === '2.3' ? 'mail_location = mdir:~/mail' : 'mail_driver = mdir']),
  },
  {
    name: 'the TLS port without TLS',
    series: BOTH,
    codes: ['DV611'],
    apply: (set) =>
      set.config.effective.protocols.includes('imap') &&
      set.config.effective.login({ protocol: 'imap' }).tlsServer.mode !== 'no' &&
      !set.config.effective.listeners().some(({ port }) => port === 993)
        ? appended(set, ['service imap-login {', '  inet_listener secure {', '    port = 993', '  }', '}'], 3)
        : null,
  },
];
