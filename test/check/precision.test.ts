import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/runner.js';
import { loadConfig } from '../../src/config/load.js';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import {
  CORPUS,
  type CorpusSet,
  corpusHost,
  corpusMaps,
  corpusSets,
  hasCorpus,
} from '../conformance/corpus.js';

// Precision: what check calls an error in whole configurations that doveconf accepts, each with its reason.

if (!hasCorpus) console.warn(`skipped: errors in other people's configurations, ${CORPUS} is not there`);

const PAGE = 'docs/conformance.md';
const TABLE = /(<!-- accepted by doveconf -->\n)[\s\S]*?(<!-- end of accepted by doveconf -->)/;
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1' && hasCorpus;

/** Why each is an error although doveconf says nothing: Dovecot does not serve anybody, or serves the wrong ones. */
const REASONS: Readonly<Record<string, string>> = {
  DV310: 'the auth process does not start: no login works',
  DV321: 'the auth process does not start: no login works',
  DV422: 'anybody gets in with any password',
  DV602: 'login processes die at each connection',
  DV705: 'all users share one value: the text `%u` itself',
  DV706: 'a plugin called `$mail_plugins` is looked for, and no mailbox can be opened',
  DV801: 'the file is not part of the set: the auth process does not start',
  DV802: 'the auth process does not start: no login works',
};

interface Found {
  readonly slug: string;
  readonly version: DovecotVersion;
  readonly code: string;
  readonly where: string;
  readonly message: string;
}

function errorsOf({ slug, main }: CorpusSet, version: DovecotVersion): Found[] {
  const maps = corpusMaps(slug);
  const config = loadConfig({ path: `/etc/dovecot/${main}`, host: corpusHost(version), version, maps });
  return check(config)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, place, message }) => ({
      slug,
      version,
      code,
      where:
        place === null
          ? ''
          : `${place.source.realPath.slice(`${CORPUS}/${slug}/`.length)}:${place.source.lineAt(place.span.start)}`,
      message,
    }));
}

function accepted(): { readonly set: CorpusSet; readonly version: DovecotVersion }[] {
  return (corpusSets() as readonly (CorpusSet & { readonly kind?: string })[]).flatMap((set) =>
    (['2.3.19.1', '2.4.1'] as const)
      .filter((version) => set.kind === 'main' && set.exit?.[version] === 0)
      .map((version) => ({ set, version })),
  );
}

describe.runIf(hasCorpus)('whole configurations that doveconf accepts', () => {
  const sets = accepted();
  const found = sets.flatMap(({ set, version }) => errorsOf(set, version));

  test('have no error without a reason', () => {
    expect(found.filter(({ code }) => REASONS[code] === undefined)).toEqual([]);
  });

  test('have the errors that conformance.md lists', () => {
    const clean = new Set(sets.map(({ set, version }) => `${set.slug} ${version}`));
    for (const { slug, version } of found) clean.delete(`${slug} ${version}`);
    const rows = found.map(
      ({ slug, version, code, where, message }) =>
        `| ${slug} (${version}) | ${code} | ${where} | ${message.replaceAll('|', '\\|')} | ${REASONS[code]} |`,
    );
    const table = [
      `${clean.size} of ${sets.length} have no error.`,
      '',
      '| Configuration | Code | Where | What check says | Why it is an error |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
    const page = readFileSync(PAGE, 'utf8');
    if (UPDATE)
      writeFileSync(
        PAGE,
        page.replace(TABLE, (_, head, end) => `${head}${table}${end}`),
      );
    else expect(TABLE.exec(page)?.[0]).toContain(table);
  });
});
