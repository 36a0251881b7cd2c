import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { Section } from '../../grammar/dovecot-conf/tree.js';
import type { HostLookup } from './host.js';
import { type ConfEvent, lineError } from './load-input.js';
import { parseAddress } from './network.js';

/**
 * `local HOST` and `remote HOST` with the host's first address in place of its name, as Dovecot asks DNS while it
 * reads; a name that nobody knows is an error of its line. Dovecot 2.3.19.1 and 2.4.1 config-parser.c config_parse_net()
 */
export function* withAddresses(events: Iterable<ConfEvent>, lookUp: HostLookup): Generator<ConfEvent> {
  for (const event of events) {
    const host = event.kind === 'section-begin' ? hostOf(event.node) : null;
    if (event.kind !== 'section-begin' || host === null) {
      yield event;
      continue;
    }
    const found = lookUp(toUtf8(host));
    if (found.kind === 'found') {
      yield { ...event, node: renamed(event.node, `${found.address}${event.node.name?.slice(host.length)}`) };
      continue;
    }
    const text = `gethostbyname(${host}) failed: ${fromUtf8(found.reason)}`;
    yield {
      kind: 'problem',
      problem: {
        kind: 'invalid-section-name',
        severity: 'error',
        place: { source: event.source, span: event.node.headSpan },
        dovecot: { message: lineError(event.source, event.node.line, text), stage: 'doveconf' },
        message: `DNS does not know the host ${toUtf8(host)} (${found.reason})`,
        subject: { name: event.node.key, value: host },
      },
    };
    yield event;
  }
}

/** The host name of a `local` or `remote` block; null: it is none, or has an address. */
function hostOf({ key, name }: Section): ByteString | null {
  if ((key !== 'local' && key !== 'remote') || name === null) return null;
  const [host = ''] = name.split('/', 1);
  return parseAddress(host) === null ? host : null;
}

/** Nodes of a tree answer for their properties themselves: copying by spreading would lose them. */
function renamed(node: Section, name: ByteString): Section {
  const { kind, span, headSpan, line, key, keySpan, nameSpan, groupLabel, body, end } = node;
  return { kind, span, headSpan, line, key, keySpan, name, nameSpan, groupLabel, body, end };
}
