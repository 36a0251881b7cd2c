import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import type { DumpNode } from './dump.js';

export interface RenderOptions {
  /** `-h`: of settings that stand alone only the value. */
  readonly valuesOnly: boolean;
  /** `-S`: `key=value`. */
  readonly simple: boolean;
  /** `--origin`: `# FILE:LINE` behind each setting and section that a file sets. */
  readonly origins: boolean;
}

/** A dump as doveconf writes it, in bytes. */
export function renderText(nodes: readonly DumpNode[], options: RenderOptions): ByteString {
  const lines: ByteString[] = [];
  for (const node of nodes) {
    if (node.kind === 'setting' && options.valuesOnly) lines.push(`${node.value}\n`);
    else if (node.kind === 'setting' && options.simple) lines.push(`${node.name}=${node.value}\n`);
    else appendNode(lines, node, '', options.origins);
  }
  return lines.join('');
}

function appendNode(lines: ByteString[], node: DumpNode, indent: string, origins: boolean): void {
  const comment = origins && node.origin !== null ? ` # ${originText(node.origin)}` : '';
  if (node.kind === 'setting') {
    lines.push(`${indent}${node.name} = ${node.value}${comment}\n`);
    return;
  }
  lines.push(`${indent}${node.head} {${comment}\n`);
  for (const child of node.children) appendNode(lines, child, `${indent}  `, origins);
  if (node.isLeftOpen !== true) lines.push(`${indent}}\n`);
}

/** `FILE:LINE` of the file that was really read. */
function originText(origin: Origin): ByteString {
  return `${origin.source.realPath}:${origin.line}`;
}

export interface JsonNode {
  readonly kind: 'setting' | 'section';
  readonly name: string;
  readonly value?: string;
  readonly origin: { readonly file: string; readonly line: number } | null;
  readonly children?: readonly JsonNode[];
}

/** A dump as a tree for programs. */
export function renderJson(nodes: readonly DumpNode[]): JsonNode[] {
  return nodes.map((node) => {
    const origin =
      node.origin === null ? null : { file: toUtf8(node.origin.source.realPath), line: node.origin.line };
    return node.kind === 'setting'
      ? { kind: 'setting', name: toUtf8(node.name), value: toUtf8(node.value), origin }
      : { kind: 'section', name: toUtf8(node.head), origin, children: renderJson(node.children) };
  });
}
