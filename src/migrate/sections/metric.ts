import type { ByteString } from '../../../grammar/bytes.js';
import type { NewStatement } from '../change.js';
import { commentedOut, draft, type OldSetting, section, setting } from '../old-setting.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import { rename, translateSimple } from '../settings/simple-settings.js';
import type { Translation } from '../translation.js';

/** `field:exponential:1:10:10 other` (Dovecot 2.3.19.1 stats-settings.c) as sections. */
const groupBy: SettingTranslator = (old) => {
  const change = draft('DV743', 'exact', 'Each field of group_by is a section in 2.4.', old);
  const fields = old.value.text.split(/\s+/).filter((word) => word !== '');
  return fields.map((word, at) => {
    const [field = '', method = '', ...args] = word.split(':');
    return section('group_by', field, methodOf(method, args), at === 0 ? [change] : []);
  });
};

function methodOf(method: ByteString, args: readonly ByteString[]): NewStatement[] {
  const names: Readonly<Record<string, readonly string[]>> = {
    exponential: ['min_magnitude', 'max_magnitude', 'base'],
    linear: ['min', 'max', 'step'],
  };
  const settings = (names[method] ?? []).flatMap((name, at) => {
    const value = args[at];
    return value === undefined ? [] : [setting(`metric_group_by_method_${method}_${name}`, value)];
  });
  return method === '' || method === 'discrete' ? [] : [section('method', method, settings)];
}

const transport: SettingTranslator = (old) => {
  const driver = old.value.text;
  return [
    setting('driver', driver, old, [
      draft('DV743', 'exact', '2.4 calls the transport of an event exporter driver.', old),
    ]),
  ];
};

const transportArgs: SettingTranslator = (old, t) => {
  const driver = siblingOf(old, 'transport', t);
  const change = draft(
    'DV743',
    'exact',
    'The arguments of a transport are settings of their own in 2.4.',
    old,
  );
  if (driver === 'http-post') return [setting('http_post_url', old.value.text, old, [change])];
  return commentedOut(old, change);
};

const transportTimeout: SettingTranslator = (old, t) => {
  if (siblingOf(old, 'transport', t) === 'http-post')
    return rename(old, t, 'http_client_request_timeout', 'DV743');
  return commentedOut(old, draft('DV732', 'exact', 'Only http-post has a time limit.', old));
};

/** `time-rfc3339`, `time-unix` */
const formatArgs: SettingTranslator = (old) => {
  const format = /time-(rfc3339|unix)/.exec(old.value.text)?.[1];
  const change = draft('DV743', 'exact', '2.4 has time_format for it.', old);
  return format === undefined ? commentedOut(old, change) : [setting('time_format', format, old, [change])];
};

/** Another setting of the same section. */
function siblingOf(old: OldSetting, key: ByteString, t: Translation): ByteString {
  const name = old.frames.at(-1)?.name;
  const found = t.assignments.findLast(
    ({ node, frames }) =>
      node.key === key && frames.at(-1)?.key === 'event_exporter' && frames.at(-1)?.name === name,
  );
  return found?.node.value.text ?? '';
}

export const eventSettings: SettingTranslators = {
  'metric/group_by': groupBy,
  'metric/fields': translateSimple,
  'event_exporter/transport': transport,
  'event_exporter/transport_args': transportArgs,
  'event_exporter/transport_timeout': transportTimeout,
  'event_exporter/format_args': formatArgs,
};
