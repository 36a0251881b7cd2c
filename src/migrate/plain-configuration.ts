import type { ByteString } from '../../grammar/bytes.js';
import type { Statement } from '../../grammar/dovecot-conf/tree.js';
import { isIpAddress } from '../config/dovecot-2.3/address-list.js';
import type { ConfigHost } from '../config/host.js';
import { type LoadedConfig, loadForDump } from '../config/load.js';
import { renderText } from '../config/print/render-dump.js';

/** Settings that 2.3 rewrites into settings of other sections (config-language.md section 6). */
const REWRITTEN =
  /^(?:ssl_listen|ssl_disable|fsync_disable|dbox_rotate_size|sieve|sieve_storage|login_(?:user|executable|chroot|process_size|process_per_connection|processes_count|max_processes_count|max_connections)|max_mail_processes|mail_(?:executable|process_size|drop_priv_before_exec|cache_compress_.*)|auth_(?:executable|process_size|user|chroot))$/;

/**
 * Why the statements cannot be migrated where they stand: a section spread over files, a line continued into another
 * file, the `auth { }` of 1.x, settings that 2.3 itself rewrites. null: they can.
 */
export function reasonToRewrite(config: LoadedConfig): string | null {
  for (const { source, statements, pending } of config.trees) {
    if (pending !== '') return `${source.path} ends in the middle of a continued line`;
    if (isUnbalanced(statements))
      return `a section is opened in one file and closed in another (${source.path})`;
    const reason = rewrittenIn(statements);
    if (reason !== null) return reason;
  }
  return null;
}

/** Filters are looked into: 2.3 rewrites in them as well. */
function rewrittenIn(statements: readonly Statement[]): string | null {
  for (const node of statements) {
    if (node.kind === 'section') {
      if (node.key === 'auth') return 'auth { } is a section of Dovecot 1.x';
      const inside = /^(?:protocol|local|remote|local_name)$/.test(node.key) ? rewrittenIn(node.body) : null;
      if (inside !== null) return inside;
    } else if (node.kind === 'setting') {
      if (REWRITTEN.test(node.key)) return `${node.key} is a setting of Dovecot 1.x, which 2.3 rewrites`;
      if (node.key === 'listen' && hasPort(node.value.text))
        return 'listen with a port is a setting of Dovecot 1.x, which 2.3 rewrites';
    }
  }
  return null;
}

function hasPort(text: ByteString): boolean {
  return text.split(/[, ]+/).some((word) => /:\d+$/.test(word) && word !== '::' && !isIpAddress(word));
}

function isUnbalanced(statements: readonly Statement[]): boolean {
  return statements.some(
    (node) =>
      node.kind === 'section-end' ||
      (node.kind === 'section' && (node.end === null || isUnbalanced(node.body))),
  );
}

/** The same configuration as one file of plain 2.3 settings, as `doveconf -nP` prints it, named `PATH (plain settings)`. */
export function plainConfiguration(config: LoadedConfig, host: ConfigHost): LoadedConfig {
  const text = printed(config);
  // Beside the main file, so that relative paths stay what they are; places in it are named so.
  const path = `${config.main.path} (plain settings)`;
  return loadForDump({
    path,
    version: config.version,
    host: {
      ...host,
      readFile: (name) => (name === path ? Buffer.from(text, 'latin1') : host.readFile(name)),
      isDirectory: () => false,
    },
  });
}

function printed(config: LoadedConfig): ByteString {
  const dump = config.dump({
    scope: 'changed',
    names: [],
    showSecrets: true,
    valuesOnly: false,
    filters: [],
    modules: [],
    simple: false,
  });
  return renderText(dump.nodes, { valuesOnly: false, simple: false, origins: false });
}
