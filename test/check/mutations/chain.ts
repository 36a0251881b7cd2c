import {
  appended,
  type BaseSet,
  BOTH,
  type Change,
  inserted,
  type Mutation,
  ONLY_23,
  ONLY_24,
  replaced,
  sectionsOf,
  settingsOf,
  withValue,
} from './mutation.js';

/** The passdbs for users that stand in the set's own files, outside of protocols. */
function passdbs(set: BaseSet) {
  return sectionsOf(set, /^passdb$/).filter(
    ({ node }) => !has(node, 'master', 'yes') && !has(node, 'deny', 'yes'),
  );
}

function has(node: ReturnType<typeof sectionsOf>[number]['node'], key: string, value?: string): boolean {
  return node.body.some(
    (one) => one.kind === 'setting' && one.key === key && (value === undefined || one.value.text === value),
  );
}

function intoPassdb(set: BaseSet, key: string, value: string): Change | null {
  const passdb = set.pick(passdbs(set).filter(({ node }) => !has(node, key)));
  return inserted(set, passdb, [`  ${key} = ${value}`]);
}

function intoLastPassdb(set: BaseSet, key: string, value: string): Change | null {
  const last = passdbs(set).at(-1);
  if (last === undefined || has(last.node, key)) return null;
  return inserted(set, last, [`  ${key} = ${value}`]);
}

/** Whether a protocol is switched on whose clients log in. */
function hasLogins({ config }: BaseSet): boolean {
  return config.effective.protocols.some((name) => /^(?:imap|pop3|submission|sieve)$/.test(name));
}

/** Mistakes of passdbs and what belongs to them. */
export const CHAIN_MUTATIONS: readonly Mutation[] = [
  {
    name: 'skip = notfound in a passdb',
    series: BOTH,
    codes: ['DV301'],
    apply: (set) => intoPassdb(set, 'skip', 'notfound'),
  },
  {
    name: 'result_failure = return-ok',
    series: BOTH,
    codes: ['DV303'],
    apply: (set) => intoPassdb(set, 'result_failure', 'return-ok'),
  },
  {
    name: 'result_failure = continue-ok',
    series: BOTH,
    codes: ['DV303'],
    apply: (set) => intoPassdb(set, 'result_failure', 'continue-ok'),
  },
  {
    name: 'result_internalfail = return-ok',
    series: BOTH,
    codes: ['DV304'],
    apply: (set) => intoPassdb(set, 'result_internalfail', 'return-ok'),
  },
  {
    name: 'result_success = return',
    series: BOTH,
    codes: ['DV302'],
    apply: (set) => {
      const [first] = passdbs(set);
      return first === undefined ? null : inserted(set, first, ['  result_success = return']);
    },
  },
  {
    name: 'result_success = continue in the last passdb',
    series: BOTH,
    codes: ['DV305'],
    apply: (set) => intoLastPassdb(set, 'result_success', 'continue'),
  },
  {
    name: 'an old rule name: result_success = ok',
    series: BOTH,
    codes: ['DV205'],
    apply: (set) => intoPassdb(set, 'result_success', 'ok'),
  },
  {
    name: 'a misspelt passdb driver',
    series: BOTH,
    codes: ['DV310'],
    apply: (set) => {
      const driver = set.pick(
        passdbs(set).flatMap(({ node, file }) =>
          node.body.flatMap((one) => (one.kind === 'setting' && one.key === 'driver' ? [{ one, file }] : [])),
        ),
      );
      return driver === null ? null : replaced(set, driver.file, driver.one.value.span, 'passwdfile');
    },
  },
  {
    name: 'an underscore in a mechanism',
    series: BOTH,
    codes: ['DV311'],
    apply: (set) => {
      const old = settingsOf(set, /^auth_mechanisms$/)
        .filter(({ path }) => path.length === 0)
        .at(-1);
      return old === undefined
        ? appended(set, ['auth_mechanisms = plain cram_md5'])
        : withValue(set, old, 'plain cram_md5');
    },
  },
  {
    name: 'CRAM-MD5 with a passdb that only says yes or no',
    series: BOTH,
    codes: ['DV312'],
    apply: (set) => {
      const all = sectionsOf(set, /^passdb$/);
      const isPam = ({ node }: (typeof all)[number]) =>
        has(node, 'driver', 'pam') || (set.series === '2.4' && node.name === 'pam');
      if (all.length === 0 || !all.every(isPam)) return null;
      const old = settingsOf(set, /^auth_mechanisms$/)
        .filter(({ path }) => path.length === 0)
        .at(-1);
      return old === undefined
        ? appended(set, ['auth_mechanisms = plain cram-md5'])
        : withValue(set, old, 'plain cram-md5');
    },
  },
  {
    name: 'a passdb for master users without a separator',
    series: BOTH,
    codes: ['DV314'],
    apply: (set) => {
      if (settingsOf(set, /^auth_master_user_separator$/).length > 0) return null;
      const head = set.series === '2.3' ? 'passdb {' : 'passdb masters {';
      const source =
        set.series === '2.3'
          ? '  args = /etc/dovecot/master-users'
          : '  passwd_file_path = /etc/dovecot/master-users';
      return appended(set, [head, '  driver = passwd-file', source, '  master = yes', '}']);
    },
  },
  {
    name: 'the only passdb commented out',
    series: BOTH,
    codes: ['DV309'],
    apply: (set) => {
      const all = set.config.effective.auth().passdbs;
      const [only, second] = passdbs(set);
      if (only === undefined || second !== undefined || all.length !== 1 || !hasLogins(set)) return null;
      if (
        set.config.effective.protocols.some(
          (protocol) => set.config.effective.auth({ protocol }).passdbs.length > 1,
        )
      )
        return null;
      const text = set.texts.get(only.file)?.slice(only.node.span.start, only.node.span.end) ?? '';
      const change = replaced(set, only.file, only.node.span, text.replaceAll(/^(?=.)/gm, '#'));
      // Nothing is left to point at but the mechanisms or the whole.
      return { ...change, line: 0 };
    },
  },
  {
    name: 'scheme behind the path of a passwd-file',
    series: ONLY_23,
    codes: ['DV319', 'DV806'],
    apply: (set) => {
      const args = set.pick(
        passdbs(set)
          .filter(({ node }) => has(node, 'driver', 'passwd-file'))
          .flatMap(({ node, file }) =>
            node.body.flatMap((one) => (one.kind === 'setting' && one.key === 'args' ? [{ one, file }] : [])),
          ),
      );
      return args === null
        ? null
        : replaced(set, args.file, args.one.value.span, 'shceme=CRYPT /etc/dovecot/users');
    },
  },
  {
    name: 'a deny passdb behind the one that lets in',
    series: BOTH,
    codes: ['DV316'],
    apply: (set) => {
      if (passdbs(set).length === 0) return null;
      const head = set.series === '2.3' ? 'passdb {' : 'passdb denied {';
      const source =
        set.series === '2.3' ? '  args = /etc/dovecot/deny' : '  passwd_file_path = /etc/dovecot/deny';
      return appended(set, [head, '  driver = passwd-file', source, '  deny = yes', '}']);
    },
  },
  {
    name: 'an empty name format',
    series: ONLY_24,
    codes: ['DV317'],
    apply: (set) => {
      if (
        !sectionsOf(set, /^passdb$/).some(
          ({ node }) => has(node, 'driver', 'passwd-file') || node.name === 'passwd-file',
        )
      )
        return null;
      const [old] = settingsOf(set, /^auth_username_format$/);
      return old === undefined ? appended(set, ['auth_username_format =']) : null;
    },
  },
  {
    name: 'a cache of 100 without a unit',
    series: BOTH,
    codes: ['DV320', 'DV216', 'DV218', 'DV208'],
    apply: (set) => {
      const [old] = settingsOf(set, /^auth_cache_size$/);
      return old === undefined ? appended(set, ['auth_cache_size = 4096']) : withValue(set, old, '4096');
    },
  },
];
