import { fromUtf8 } from '../../grammar/bytes.js';
import { chainGraphMermaid } from '../report/chain-graph-mermaid.js';
import { chainGraphSvg } from '../report/chain-graph-svg.js';
import { chainGraphText } from '../report/chain-graph-text.js';
import { type ChainGraph, chainGraph } from '../simulate/chain-graph.js';
import { loadFor } from './config-file.js';
import { EXIT_NO, EXIT_OK } from './exit-codes.js';
import type { GraphOptions } from './graph-command.js';
import { refusalOf } from './refusal.js';
import type { Terminal } from './terminal.js';

/** Prints the chain of one protocol. */
export function runGraph(options: GraphOptions, terminal: Terminal): number {
  const config = loadFor(options.config, options);
  const refusal = refusalOf(config, options.lenient);
  if (refusal !== null) {
    terminal.stderr(`${refusal}\ndvproxy: Dovecot refuses this configuration; --lenient goes on\n`);
    return EXIT_NO;
  }
  for (const { text } of config.readings) terminal.stderr(`dvproxy: lenient: ${text}\n`);
  const graph = chainGraph(config.effective.auth({ protocol: fromUtf8(options.service) }));
  terminal.stdout(printed(graph, options.format));
  return EXIT_OK;
}

function printed(graph: ChainGraph, format: GraphOptions['format']): string {
  switch (format) {
    case 'text':
      return chainGraphText(graph);
    case 'mermaid':
      return chainGraphMermaid(graph);
    case 'svg':
      return chainGraphSvg(graph);
  }
}
