import type { ByteString } from '../../../grammar/bytes.js';
import type { Version23 } from '../../knowledge/versions.js';
import type {
  AuthSettings,
  DatabaseBlock,
  FieldTemplate,
  PassdbBlock,
  ResultRule,
  UserdbBlock,
} from '../effective.js';
import { wantsAuthEvents } from '../log-debug.js';
import type { Origin, Typed } from '../origin.js';
import { sectionName } from './layer.js';
import { View } from './view.js';

/** What the auth process is told for one protocol. */
export function readAuth(version: Version23, view: View, fallback: Origin): AuthSettings {
  return {
    version,
    mechanisms: words(view.text('auth_mechanisms')).map((name) => name.toUpperCase()),
    realms: words(view.text('auth_realms')),
    defaultDomain: view.text('auth_default_realm'),
    usernameChars: view.text('auth_username_chars'),
    usernameTranslation: view.text('auth_username_translation'),
    usernameFormat: view.text('auth_username_format'),
    masterUserSeparator: view.text('auth_master_user_separator'),
    anonymousUsername: view.text('auth_anonymous_username'),
    proxySelf: words(view.text('auth_proxy_self')),
    cacheSize: view.size('auth_cache_size'),
    cacheTtl: view.time('auth_cache_ttl'),
    cacheNegativeTtl: view.time('auth_cache_negative_ttl'),
    cacheVerifyPasswordWithWorker: view.boolean('auth_cache_verify_password_with_worker'),
    failureDelay: view.time('auth_failure_delay'),
    internalFailureDelay: 2000,
    verbose: view.boolean('auth_verbose'),
    debug: view.boolean('auth_debug'),
    debugEvents: wantsAuthEvents(view.text('log_debug')),
    debugPasswords: view.boolean('auth_debug_passwords'),
    verbosePasswords: view.text('auth_verbose_passwords'),
    allowWeakSchemes: true,
    allowCleartext: !view.boolean('disable_plaintext_auth'),
    passdbs: blocks(view, 'passdb').map((block, index) => passdb(block, index + 1, fallback)),
    userdbs: blocks(view, 'userdb').map((block, index) => userdb(block, index + 1, fallback)),
  };
}

/** Blocks of the more specific filters come first: those of the others are added behind them. */
function blocks(view: View, kind: 'passdb' | 'userdb'): View[] {
  return view.nodes.flatMap((node) => (node.lists.get(kind)?.sections ?? []).map((one) => new View([one])));
}

function block(view: View, index: number, fallback: Origin): DatabaseBlock {
  const [node] = view.nodes;
  const verbose = view.text('auth_verbose');
  return {
    index,
    name: node === undefined ? '' : sectionName(node),
    driver: view.text('driver'),
    at: node?.at ?? fallback,
    args: view.written('args'),
    defaultFields: fields(view, 'default_fields'),
    overrideFields: fields(view, 'override_fields'),
    fields: [],
    fieldsImportAll: true,
    resultSuccess: rule(view, 'result_success'),
    resultFailure: rule(view, 'result_failure'),
    resultInternalfail: rule(view, 'result_internalfail'),
    useCache: true,
    useWorker: false,
    authVerbose: verbose === 'yes' ? true : verbose === 'no' ? false : null,
    setting: noSetting,
    fieldTemplates: nothing,
    namedSections: nothing,
  };
}

function passdb(view: View, index: number, fallback: Origin): PassdbBlock {
  const common = block(view, index, fallback);
  const skip = view.text('skip');
  // `pass = yes` is the old way to go on after a success (Dovecot 2.3.19.1 auth.c).
  const goesOn = view.boolean('pass') && view.stored('result_success') === null;
  return {
    kind: 'passdb',
    ...common,
    ...(goesOn ? { resultSuccess: { value: 'continue' as const, origin: view.origin('pass') } } : {}),
    skip: {
      value: skip === 'authenticated' || skip === 'unauthenticated' ? skip : 'never',
      origin: view.origin('skip'),
    },
    deny: view.boolean('deny'),
    master: view.boolean('master'),
    pass: view.boolean('pass'),
    mechanisms: mechanisms(view.text('mechanisms')),
    usernameFilter: view.text('username_filter'),
    defaultPasswordScheme: null,
  };
}

function mechanisms(text: ByteString): readonly ByteString[] {
  if (text === '') return NO_WORDS;
  return text
    .split(/[ ,]+/)
    .filter((word) => word !== '')
    .map((name) => name.toUpperCase());
}

function userdb(view: View, index: number, fallback: Origin): UserdbBlock {
  const skip = view.text('skip');
  return {
    kind: 'userdb',
    ...block(view, index, fallback),
    skip: {
      value: skip === 'found' || skip === 'notfound' ? skip : 'never',
      origin: view.origin('skip'),
    },
  };
}

const RULES: readonly ResultRule[] = [
  'return',
  'return-ok',
  'return-fail',
  'continue',
  'continue-ok',
  'continue-fail',
];

function rule(view: View, name: string): Typed<ResultRule> {
  const { text, origin } = view.written(name);
  if (origin === null) return unset(text);
  return { value: resultRule(text), origin };
}

function resultRule(text: ByteString): ResultRule {
  return RULES.find((one) => one === text) ?? 'continue';
}

// Thousands of blocks leave most of their settings unset: these share what that means.
const UNSET = new Map<ByteString, Typed<ResultRule>>();
const NO_FIELDS: readonly FieldTemplate[] = [];
const NO_WORDS: readonly ByteString[] = [];
const noSetting = () => null;
const nothing = () => [];

function unset(text: ByteString): Typed<ResultRule> {
  let typed = UNSET.get(text);
  if (typed === undefined) {
    typed = { value: resultRule(text), origin: null };
    UNSET.set(text, typed);
  }
  return typed;
}

/** `key=value key2`: separated by spaces (Dovecot 2.3.19.1 passdb-template.c). */
function fields(view: View, name: string): readonly FieldTemplate[] {
  const { text, origin } = view.written(name);
  if (text === '') return NO_FIELDS;
  return words(text).map((word) => {
    const equals = word.indexOf('=');
    return equals === -1
      ? { name: word, value: '', origin }
      : { name: word.slice(0, equals), value: word.slice(equals + 1), origin };
  });
}

function words(text: ByteString): ByteString[] {
  return text.split(' ').filter((word) => word !== '');
}
