import type { ByteString } from '../../../grammar/bytes.js';
import type { NewStatement } from '../change.js';
import { translateList } from '../list-settings.js';
import { commentedOut, draft, section, setting } from '../old-setting.js';
import { resolveValue } from '../references.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import type { Translation } from '../translation.js';
import { block, moved } from './plugin-setting.js';

/** `fts = flatcurve`, `fts = solr` with its arguments in `fts_solr`. */
const engine: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  if (!['flatcurve', 'solr', 'dovecot'].includes(text))
    return commentedOut(
      old,
      draft(
        'DV733',
        'decide',
        `2.4 has no search engine ${text}: use fts_flatcurve, which is part of it, or fts_solr.`,
        old,
      ),
    );
  const languages = t.pluginSettings(old.frames).has('fts_languages')
    ? []
    : [section('language', 'en', [setting('default', 'yes')])];
  return [
    block('fts', text, [], old, [draft('DV738', 'exact', 'The search engine is a section in 2.4.', old)]),
    ...languages,
  ];
};

/** `url=http://... batch_size=N soft_commit=no debug rawlog_dir=DIR` */
const solr: SettingTranslator = (old, t) => {
  const names: Readonly<Record<string, string>> = {
    url: 'url',
    batch_size: 'batch_size',
    soft_commit: 'soft_commit',
    rawlog_dir: 'http_client_rawlog_dir',
  };
  const { text } = resolveValue(old, t, true);
  const body = text.split(/\s+/).flatMap((word): NewStatement[] => {
    const equals = word.indexOf('=');
    const name = names[word.slice(0, equals)];
    return equals === -1 || name === undefined
      ? []
      : [setting(name, t.string(word.slice(equals + 1), old).text)];
  });
  return [
    block('fts', 'solr', body, old, [
      draft('DV738', 'exact', 'Its arguments are settings of fts solr { } in 2.4.', old),
    ]),
  ];
};

/** The first language is what a text is when none is recognised. */
const languages: SettingTranslator = (old, t) => {
  const names = resolveValue(old, t, true)
    .text.split(/\s+/)
    .filter((name) => name !== '');
  return names.map((name, at) =>
    section(
      'language',
      name,
      at === 0 ? [setting('default', 'yes')] : [],
      at === 0 ? [draft('DV738', 'exact', 'Each language is a section in 2.4.', old)] : [],
    ),
  );
};

/** `fts_filters`, and `fts_filters_de` of one language. */
function languageList(key: 'filters' | 'tokenizers'): SettingTranslator {
  return (old, t) => {
    const name = `language_${key}`;
    const change = draft('DV738', 'exact', `2.4 calls the plugin setting ${old.key} ${name}.`, old);
    const language = new RegExp(`^fts_${key}_(\\w+)$`).exec(old.key)?.[1];
    const list = translateList(old, t, { key: name, changes: language === undefined ? [change] : [] });
    if (language === undefined) return list;
    return [block('language', language, list, old, [change])];
  };
}

/** `fts_tokenizer_generic = algorithm=simple maxlen=30` */
const tokenizer: SettingTranslator = (old, t) => {
  const words = resolveValue(old, t, true)
    .text.split(/\s+/)
    .filter((word) => word !== '');
  const isAddress = old.key.includes('email');
  const names: Readonly<Record<string, string>> = isAddress
    ? { maxlen: 'language_tokenizer_address_token_maxlen' }
    : {
        algorithm: 'language_tokenizer_generic_algorithm',
        maxlen: 'language_tokenizer_generic_token_maxlen',
        wb5a: 'language_tokenizer_generic_wb5a',
        explicitprefix: 'language_tokenizer_generic_explicit_prefix',
      };
  const change = draft('DV738', 'exact', 'Arguments of a tokenizer are settings of their own in 2.4.', old);
  const settings = words.flatMap((word) => {
    const [name = '', value = 'yes'] = word.split('=', 2);
    const key = names[name];
    return key === undefined ? [] : [{ key, value }];
  });
  if (settings.length === 0) return commentedOut(old, change);
  return settings.map(({ key, value }, at) =>
    setting(key, value, at === 0 ? old : undefined, at === 0 ? [change] : []),
  );
};

const enforced: SettingTranslator = (old) => {
  const change = draft('DV738', 'exact', 'fts_enforced is two settings in 2.4.', old);
  const value = old.value.text.toLowerCase();
  const [add, fallback] = /^(?:y|yes|1)$/.test(value)
    ? ['yes', 'no']
    : value === 'body'
      ? ['body-search-only', 'no']
      : ['body-search-only', 'yes'];
  return [
    setting('fts_search_add_missing', add, old, [change]),
    setting('fts_search_read_fallback', fallback),
  ];
};

/** `\Trash` names mailboxes by their special use. */
const autoindexExclude: SettingTranslator = (old, t) => {
  const { text } = resolveValue(old, t, true);
  const names = text.startsWith('\\') ? mailboxesOf(text, t) : [text];
  const isFound = names.length > 0;
  const reason = isFound
    ? 'An excluded mailbox has fts_autoindex = no in its section in 2.4.'
    : `No mailbox section has special_use = ${text}; the usual name stands here.`;
  const change = draft('DV738', isFound ? 'exact' : 'decide', reason, old);
  return (isFound ? names : [text.replace(/^\\/, '')]).map((name, at) =>
    section('mailbox', name, [setting('fts_autoindex', 'no')], at === 0 ? [change] : []),
  );
};

/** Mailboxes with a special use, by all namespaces. */
function mailboxesOf(use: ByteString, t: Translation): ByteString[] {
  const found = t.assignments.flatMap(({ node, frames }) => {
    const inside = frames.at(-1);
    const isUse = node.key === 'special_use' && node.value.text.split(/\s+/).includes(use);
    return isUse && inside?.key === 'mailbox' && inside.name !== null ? [inside.name] : [];
  });
  return [...new Set(found)];
}

const decoder: SettingTranslator = (old, t) => [
  setting('fts_decoder_driver', 'script', undefined, [
    draft('DV738', 'exact', '2.4 names the kind of decoder.', old),
  ]),
  setting('fts_decoder_script_socket_path', resolveValue(old, t, true).text, old),
];

const tika: SettingTranslator = (old, t) => [
  setting('fts_decoder_driver', 'tika', undefined, [
    draft('DV738', 'exact', '2.4 names the kind of decoder.', old),
  ]),
  setting('fts_decoder_tika_url', t.string(resolveValue(old, t, true).text, old).text, old),
];

const lucene: SettingTranslator = (old) =>
  commentedOut(
    old,
    draft('DV733', 'decide', '2.4 has neither fts_lucene nor fts_squat: use fts_flatcurve.', old),
  );

function renamedTo(name: string): SettingTranslator {
  return (old, t) => moved(old, t, name, 'DV738');
}

/** By the name without its number. */
export const ftsSettings: SettingTranslators = {
  fts: engine,
  fts_solr: solr,
  fts_languages: languages,
  fts_filters: languageList('filters'),
  fts_tokenizers: languageList('tokenizers'),
  fts_tokenizer_generic: tokenizer,
  fts_tokenizer_email_address: tokenizer,
  fts_enforced: enforced,
  fts_autoindex_exclude: autoindexExclude,
  fts_decoder: decoder,
  fts_tika: tika,
  fts_lucene: lucene,
  fts_squat: lucene,
  fts_index_timeout: renamedTo('fts_search_timeout'),
  fts_language_config: renamedTo('textcat_config_path'),
};

/** `fts_filters_de`, `fts_filter_stopwords_de`, `fts_flatcurve_*`: names with a part of their own. */
export function ftsTranslator(key: ByteString): SettingTranslator | undefined {
  if (/^fts_filters_\w+$/.test(key)) return languageList('filters');
  if (/^fts_tokenizers_\w+$/.test(key)) return languageList('tokenizers');
  if (/^fts_tokenizer_email/.test(key)) return tokenizer;
  return undefined;
}
