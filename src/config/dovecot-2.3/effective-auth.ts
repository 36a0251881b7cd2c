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
import { createNode, type SectionNode, sectionName } from './layer.js';
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
    passdbs: blocks(view, 'passdb', reader(blankPassdb(fallback))),
    userdbs: blocks(view, 'userdb', reader(blankUserdb(fallback))),
  };
}

/** Blocks of the more specific filters come first: those of the others are added behind them. */
function blocks<B>(
  view: View,
  kind: 'passdb' | 'userdb',
  read: (node: SectionNode, index: number) => B,
): B[] {
  const found: B[] = [];
  for (const node of view.nodes)
    for (const one of node.lists.get(kind)?.sections ?? []) found.push(read(one, found.length + 1));
  return found;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Block = Mutable<PassdbBlock> | Mutable<UserdbBlock>;

/** Gives a reader of blocks: one that sets nothing is read once, the others differ from it by what they set. */
function reader<B extends Block>(blank: B): (node: SectionNode, index: number) => B {
  let filled = false;
  return (node, index) => {
    if (!filled) {
      const unset = new View([createNode(node.table, null)]);
      for (const name of node.table.settings.keys()) fill(blank, name, unset);
      filled = true;
    }
    const block = { ...blank, index, name: sectionName(node), at: node.at ?? blank.at };
    const view = new View([node]);
    for (const name of node.values.keys()) fill(block, name, view);
    return block;
  };
}

/** A passdb of which nothing is known. */
function blankPassdb(fallback: Origin): Mutable<PassdbBlock> {
  return {
    kind: 'passdb',
    ...blankBlock(fallback),
    skip: { value: 'never', origin: null },
    deny: false,
    master: false,
    pass: false,
    mechanisms: NO_WORDS,
    usernameFilter: '',
    defaultPasswordScheme: null,
  };
}

function blankUserdb(fallback: Origin): Mutable<UserdbBlock> {
  return { kind: 'userdb', ...blankBlock(fallback), skip: { value: 'never', origin: null } };
}

function blankBlock(fallback: Origin): Mutable<DatabaseBlock> {
  const none = unset('');
  return {
    index: 0,
    name: '',
    driver: '',
    at: fallback,
    args: { text: '', origin: null },
    defaultFields: NO_FIELDS,
    overrideFields: NO_FIELDS,
    fields: [],
    fieldsImportAll: true,
    resultSuccess: none,
    resultFailure: none,
    resultInternalfail: none,
    useCache: true,
    useWorker: false,
    authVerbose: null,
    setting: noSetting,
    fieldTemplates: nothing,
    namedSections: nothing,
  };
}

/** Puts what one setting says into a block. */
function fill(block: Block, name: string, view: View): void {
  switch (name) {
    case 'driver':
      block.driver = view.text(name);
      return;
    case 'args':
      block.args = view.written(name);
      return;
    case 'default_fields':
      block.defaultFields = fields(view, name);
      return;
    case 'override_fields':
      block.overrideFields = fields(view, name);
      return;
    case 'result_success':
      block.resultSuccess = rule(view, name);
      return;
    case 'result_failure':
      block.resultFailure = rule(view, name);
      return;
    case 'result_internalfail':
      block.resultInternalfail = rule(view, name);
      return;
    case 'auth_verbose': {
      const verbose = view.text(name);
      block.authVerbose = verbose === 'yes' ? true : verbose === 'no' ? false : null;
      return;
    }
  }
  if (block.kind === 'passdb') fillPassdb(block, name, view);
  else if (name === 'skip') {
    const skip = view.text(name);
    const value = skip === 'found' || skip === 'notfound' ? skip : 'never';
    block.skip = { value, origin: view.origin(name) };
  }
}

function fillPassdb(block: Mutable<PassdbBlock>, name: string, view: View): void {
  switch (name) {
    case 'skip': {
      const skip = view.text(name);
      const value = skip === 'authenticated' || skip === 'unauthenticated' ? skip : 'never';
      block.skip = { value, origin: view.origin(name) };
      return;
    }
    case 'deny':
      block.deny = view.boolean(name);
      return;
    case 'master':
      block.master = view.boolean(name);
      return;
    case 'pass':
      block.pass = view.boolean(name);
      // `pass = yes` is the old way to go on after a success (Dovecot 2.3.19.1 auth.c).
      if (block.pass && view.stored('result_success') === null)
        block.resultSuccess = { value: 'continue', origin: view.origin(name) };
      return;
    case 'mechanisms':
      block.mechanisms = mechanisms(view.text(name));
      return;
    case 'username_filter':
      block.usernameFilter = view.text(name);
  }
}

function mechanisms(text: ByteString): readonly ByteString[] {
  if (text === '') return NO_WORDS;
  return text
    .split(/[ ,]+/)
    .filter((word) => word !== '')
    .map((name) => name.toUpperCase());
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
