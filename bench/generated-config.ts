import type { Series } from '../src/knowledge/versions.js';

/** Kinds of large configurations: what is repeated. */
export type GeneratedKind = 'flat' | 'passdb' | 'local_name' | 'mailbox' | 'namespace';

/** A valid configuration of `count` repetitions, as text. Proxies everybody to 127.0.0.1. */
export function generatedConfig(series: Series, kind: GeneratedKind, count: number): string {
  const new24 = series === '2.4';
  const lines = new24 ? ['dovecot_config_version = 2.4.1', 'dovecot_storage_version = 2.4.1'] : [];
  lines.push('protocols = imap pop3', 'ssl = no', 'log_path = /dev/stderr');
  if (kind !== 'passdb') {
    lines.push(
      ...(new24
        ? [
            'passdb static {',
            '  fields {',
            '    nopassword = yes',
            '    proxy = yes',
            '    host = 127.0.0.1',
            '  }',
            '}',
          ]
        : ['passdb {', '  driver = static', '  args = nopassword=y proxy=y host=127.0.0.1', '}']),
    );
  }
  if (kind === 'mailbox') lines.push('namespace inbox {', '  inbox = yes', '  separator = /');
  for (let index = 0; index < count; index++) lines.push(...repetition(new24, kind, index));
  if (kind === 'mailbox') lines.push('}');
  return `${lines.join('\n')}\n`;
}

function repetition(new24: boolean, kind: GeneratedKind, index: number): string[] {
  const host = `10.0.${Math.floor(index / 250) % 250}.${index % 250}`;
  switch (kind) {
    case 'flat':
      return [`login_greeting = Welcome to node ${index} of the example mail farm`];
    case 'passdb':
      return new24
        ? [
            `passdb static${index} {`,
            '  driver = static',
            '  fields {',
            '    proxy = yes',
            `    host = ${host}`,
            '  }',
            '}',
          ]
        : ['passdb {', '  driver = static', `  args = nopassword=y proxy=y host=${host}`, '}'];
    case 'local_name':
      return [
        `local_name mail${index}.example.com {`,
        ...(new24
          ? ['  ssl_server_cert_file = /dev/null', '  ssl_server_key_file = /dev/null']
          : ['  ssl_cert = </dev/null', '  ssl_key = </dev/null']),
        '}',
      ];
    case 'mailbox':
      return [`  mailbox Box${index} {`, '    auto = subscribe', '    special_use = \\Junk', '  }'];
    case 'namespace':
      return [
        `namespace ns${index} {`,
        `  prefix = ns${index}/`,
        '  separator = /',
        `  mailbox Box${index} {`,
        '    auto = create',
        '  }',
        '}',
      ];
  }
}
