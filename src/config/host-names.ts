import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { Section } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { HostLookup } from './host.js';
import { type ConfEvent, lineError } from './load-input.js';
import { parseAddress } from './network.js';

/**
 * `local HOST` and `remote HOST` with the host's first address in place of its name, as Dovecot asks DNS while it
 * reads; a name that nobody knows is an error of its line. Dovecot 2.3.19.1 and 2.4.1 config-parser.c config_parse_net()
 */
export function withAddress(source: Source, node: Section, lookUp: HostLookup): readonly ConfEvent[] {
  const host = hostOf(node);
  if (host === null) return [{ kind: 'section-begin', source, node }];
  const found = lookUp(toUtf8(host));
  if (found.kind === 'found') {
    const address = `${found.address}${node.name?.slice(host.length)}`;
    return [{ kind: 'section-begin', source, node: renamed(node, address) }];
  }
  const text = `gethostbyname(${host}) failed: ${fromUtf8(found.reason)}`;
  return [
    {
      kind: 'problem',
      problem: {
        kind: 'invalid-section-name',
        severity: 'error',
        place: { source, span: node.headSpan },
        dovecot: { message: lineError(source, node.line, text), stage: 'doveconf' },
        message: `DNS does not know the host ${toUtf8(host)} (${found.reason})`,
        subject: { name: node.key, value: host },
      },
    },
    { kind: 'section-begin', source, node },
  ];
}

/** Whether the block is of a kind that may name a host. */
export function mayNameHost({ key }: Section): boolean {
  return key === 'local' || key === 'remote';
}

/** The host name of a `local` or `remote` block; null: it is none, or has an address. */
function hostOf({ name }: Section): ByteString | null {
  if (name === null) return null;
  const [host = ''] = name.split('/', 1);
  return parseAddress(host) === null ? host : null;
}

/** Nodes of a tree answer for their properties themselves: copying by spreading would lose them. */
function renamed(node: Section, name: ByteString): Section {
  const { kind, span, headSpan, line, key, keySpan, nameSpan, groupLabel, body, end } = node;
  return { kind, span, headSpan, line, key, keySpan, name, nameSpan, groupLabel, body, end };
}
