import type { ByteString } from '../../../grammar/bytes.js';
import type { Section } from '../../../grammar/dovecot-conf/tree.js';
import { nameTable } from '../../../grammar/name-table.js';
import { draft, type OldSetting, setting } from '../old-setting.js';
import type { SettingTranslator, SettingTranslators } from '../settings/setting-translator.js';
import { rename, translateSimple } from '../settings/simple-settings.js';
import type { Translation } from '../translation.js';

/** Services that 2.4 does not have, with what people do instead. */
export const GONE_SERVICES: Readonly<Record<string, string>> = nameTable({
  director: 'The director is gone: its service as well.',
  ipc: 'ipc is part of anvil in 2.4.',
  replicator: 'Replication is gone: use shared storage, or doveadm sync from a timer.',
  aggregator: 'Replication is gone: use shared storage, or doveadm sync from a timer.',
  'old-stats': 'The old statistics are gone: count events with metric NAME { }.',
  tcpwrap: 'TCP wrappers are gone: use a Lua passdb, or the firewall.',
  'ssl-params': '2.4 makes no DH parameters by itself.',
});

/** The name of an inet_listener that has none. */
export function listenerName(node: Section, service: ByteString, t: Translation): ByteString {
  const port = node.body.findLast((one) => one.kind === 'setting' && one.key === 'port');
  const number = port?.kind === 'setting' ? port.value.text : '';
  const base = service.replace(/-login$/, '');
  return t.names.unique('inet_listener', number === '' ? base : `${base}-${number}`, service);
}

const executable: SettingTranslator = (old, t) => {
  const { text } = old.value;
  // `imap-login director`: the login process asked the director.
  const without = text.replace(/(-login)\s+director(?:-(?:userdb|admin))?$/, '$1');
  if (without === text) return translateSimple(old, t);
  return [
    setting('executable', without, old, [
      draft('DV733', 'decide', 'The director is gone: the login process asks nobody where to go.', old),
    ]),
  ];
};

const address: SettingTranslator = (old, t) => rename(old, t, 'listen', 'DV728');

function renamedTo(name: string): SettingTranslator {
  return (old: OldSetting, t: Translation) => rename(old, t, name, 'DV728');
}

export const serviceSettings: SettingTranslators = {
  'service/service_count': renamedTo('restart_request_count'),
  'service/idle_kill': renamedTo('idle_kill_interval'),
  'service/executable': executable,
  'service/inet_listener/address': address,
};
