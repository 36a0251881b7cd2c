import type { Migration } from '../migrate/migrate.js';
import type { Proof } from '../migrate/proof/proof.js';
import { plural } from './check-report.js';
import { NO_COLOURS } from './colours.js';
import { proofText } from './migration-proof.js';
import {
  countText,
  isSamePlace,
  KIND_MEANINGS,
  KIND_WORDS,
  type MigrationReportOptions,
  type ShownChange,
  shownChanges,
} from './migration-report.js';
import { xmlText } from './xml-text.js';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c1c1c; background: #fff; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ddd; }
article { margin: 1.2rem 0; padding: .6rem 1rem; border-left: 4px solid #999; background: #f7f7f7; }
article.decide { border-color: #b03030; } article.equivalent { border-color: #a67c00; } article.exact { border-color: #2d7d3a; }
article h3 { margin: 0; font-size: 1rem; } article p { margin: .3rem 0; }
pre { margin: .4rem 0; overflow-x: auto; } del { color: #b03030; text-decoration: none; } ins { color: #2d7d3a; text-decoration: none; }
small { color: #666; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e4e4; background: #1b1b1b; } article { background: #262626; } h2 { border-color: #444; }
  del { color: #ff9a9a; } ins { color: #8fdc9b; } small { color: #aaa; }
}`;

/** One page without anything from elsewhere. */
export function migrationHtml(
  migration: Migration,
  options: MigrationReportOptions,
  proof: Proof | null = null,
): string {
  const title = `Migration to Dovecot ${migration.target}`;
  const parts = shownChanges(migration, options).map(
    ({ kind, changes }) =>
      `<h2>${KIND_WORDS[kind]} (${changes.length})</h2>\n<p>${KIND_MEANINGS[kind]}</p>\n${changes.map((change, at) => article(change, isSamePlace(change, changes[at - 1]))).join('\n')}`,
  );
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${xmlText(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${xmlText(title)}</h1>`,
    `<p>${plural(migration.changes.length, 'change')} in ${plural(migration.files.length, 'file')}: ${countText(migration)}.</p>`,
    ...parts,
    ...(proof === null
      ? []
      : [`<h2>Proof</h2>\n<pre>${proofText(proof, NO_COLOURS).split('\n').map(xmlText).join('\n')}</pre>`]),
    '</body></html>\n',
  ].join('\n');
}

/** `isTold`: the change before it showed the same lines. */
function article(change: ShownChange, isTold: boolean): string {
  const where = change.where === '' ? '' : ` <small>${xmlText(change.where)}</small>`;
  const lines = [
    ...(change.old === null ? [] : [`<del>- ${shown(change.old.text)}</del>`]),
    ...(change.new === null ? [] : [`<ins>+ ${shown(change.new.text)}</ins>`]),
  ];
  const texts = lines.length === 0 || isTold ? '' : `<pre>${lines.join('\n')}</pre>`;
  const { question: asked } = change;
  const question =
    asked === null
      ? ''
      : `<p>${xmlText(asked.text)}</p><ul>${asked.choices
          .map(
            ({ name, meaning }) =>
              `<li><code>--answer ${xmlText(`${asked.key}=${name}`)}</code> ${xmlText(meaning)}</li>`,
          )
          .join('')}</ul>`;
  return `<article class="${change.kind}"><h3>${change.code} ${xmlText(change.title)}${where}</h3><p>${xmlText(change.reason)}</p>${texts}${question}</article>`;
}

function shown(text: string): string {
  return text.split('\n').map(xmlText).join('\n  ');
}
