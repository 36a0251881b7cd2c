import type { Rule } from '../check/rule.js';
import type { Colours } from './colours.js';
import { severityColour } from './text.js';

/** What the hundred of a code stands for. */
const AREAS: Readonly<Record<string, string>> = {
  DV1: 'The file language',
  DV2: 'Settings',
  DV3: 'The auth chain',
  DV4: 'Proxy fields',
  DV5: 'TLS and secrets',
  DV6: 'Listeners and trust',
  DV7: 'From 2.3 to 2.4',
  DV8: 'Database files and queries',
  DV9: 'Suppressions',
};

/** The catalogue as a table by area. */
export function rulesText(rules: readonly Rule[], colours: Colours): string {
  const names = Math.max(...rules.map((rule) => rule.name.length));
  const lines: string[] = [];
  let area = '';
  for (const rule of rules) {
    if (rule.code.slice(0, 3) !== area) {
      area = rule.code.slice(0, 3);
      lines.push(`${lines.length === 0 ? '' : '\n'}${colours.bold(AREAS[area] ?? area)}`);
    }
    const severity = severityColour(rule.severity, colours)(rule.severity.padEnd(7));
    const versions = rule.versions.length === 1 ? ` (${rule.versions[0]} only)` : '';
    lines.push(`  ${rule.code}  ${severity}  ${rule.name.padEnd(names)}  ${rule.title}${versions}`);
  }
  return `${lines.join('\n')}\n`;
}

export function rulesJson(rules: readonly Rule[]): string {
  const entries = rules.map(({ code, name, severity, title, versions }) => ({
    code,
    name,
    severity,
    title,
    versions,
    page: `docs/checks/${code}.md`,
  }));
  return `${JSON.stringify({ schema: 1, rules: entries }, null, 2)}\n`;
}
