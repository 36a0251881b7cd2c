import type { Diagnostic } from '../../../src/check/diagnostic.js';
import { check } from '../../../src/check/runner.js';
import type { CorpusSet } from '../../conformance/corpus.js';
import { CORPUS } from '../../conformance/corpus.js';
import { withProxyQuery } from './grafts.js';
import { type BaseSet, baseSet, loadTexts, type Mutation } from './mutation.js';

/** What became of one mistake in one configuration. */
export interface Verdict {
  readonly found: boolean;
  /** `SLUG FILE:LINE TEXT` */
  readonly where: string;
  /** What was found in its place. */
  readonly said: string;
}

/** A configuration with a passdb that its Dovecot accepts, read when it is first asked for. */
export interface GoodSet {
  set(): BaseSet;
  /** `CODE text of the line` of what is found before anything is broken, in the set and in the set with the proxy's query. */
  before(): ReadonlySet<string>;
}

/** Whole configurations that their Dovecot accepts: all of 2.4, and of 2.3 as many as are missing. */
export function goodSets(all: readonly (CorpusSet & { readonly kind?: string })[], count: number): GoodSet[] {
  const of = (version: '2.3.19.1' | '2.4.1') =>
    all
      .filter(({ exit, kind }) => exit?.[version] === 0 && kind === 'main')
      .map(({ slug, main }) => goodSet(() => baseSet(slug, main, version)));
  const sets24 = of('2.4.1');
  return [...of('2.3.19.1').slice(0, count - sets24.length), ...sets24];
}

function goodSet(read: () => BaseSet): GoodSet {
  let known: BaseSet | undefined;
  let before: ReadonlySet<string> | undefined;
  const set = () => {
    known ??= read();
    return known;
  };
  return {
    set,
    before: () => {
      before ??= new Set([...marks(check(set().config)), ...marks(check(withProxyQuery(set()).config))]);
      return before;
    },
  };
}

/** null: the configuration has no place for this mistake. */
export function brokenBy(mutation: Mutation, good: GoodSet): Verdict | null {
  const set = good.set();
  const change = mutation.series.includes(set.series) ? mutation.apply(set) : null;
  // A mistake that is there already.
  if (change === null || [...change.texts].every(([file, text]) => set.texts.get(file) === text)) return null;
  const main = set.main.slice(`${CORPUS}/${set.slug}/`.length);
  const config = loadTexts(set.slug, main, set.version, new Map([...set.texts, ...change.texts]));
  const fresh = check(config).filter((one) => marks([one]).some((mark) => !good.before().has(mark)));
  const isIt = ({ code, place }: Diagnostic) =>
    mutation.codes.includes(code) &&
    (change.line === 0 ||
      (place !== null &&
        place.source.realPath === change.file &&
        place.source.lineAt(place.span.start) === change.line));
  const line = change.texts.get(change.file)?.split('\n')[change.line - 1] ?? '';
  return {
    found: fresh.some(isIt),
    where: `${set.slug} ${change.file.slice(CORPUS.length + set.slug.length + 2)}:${change.line} ${line.trim()}`,
    said: fresh
      .map(
        ({ code, place, message }) =>
          `${code}@${place === null ? '-' : place.source.lineAt(place.span.start)} ${message}`,
      )
      .join(' ; '),
  };
}

function marks(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ code, place, message }) =>
    place === null
      ? `${code} ${message}`
      : `${code} ${place.source.line(place.source.lineAt(place.span.start))}`,
  );
}
