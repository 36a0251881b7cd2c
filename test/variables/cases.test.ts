import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { seriesOf } from '../../src/knowledge/versions.js';
import { expandText } from '../../src/variables/expand.js';
import { type CaseContext, caseScope } from './case-scope.js';

interface RecordedCase {
  readonly version: '2.3' | '2.4';
  readonly in: string;
  readonly expression: string;
  readonly result?: string;
  readonly result_hex?: string;
  readonly result_regex?: string;
  readonly error?: string;
  readonly raw?: string;
  readonly crash?: readonly string[];
}

const recorded: { contexts: Record<string, CaseContext>; cases: RecordedCase[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/variables/cases.json', import.meta.url), 'utf8'),
);

function outcome(one: RecordedCase): Record<string, unknown> {
  const context = recorded.contexts[one.in];
  if (context === undefined) throw new Error(`no context ${one.in}`);
  const series = seriesOf(one.version === '2.3' ? '2.3.19.1' : '2.4.1');
  const expansion = expandText(series, fromUtf8(one.expression), caseScope(context));
  if (expansion.kind === 'error' && expansion.crash !== undefined) return { crash: true };
  if (expansion.kind === 'error' && one.result !== undefined)
    // Recorded through Lua, which shows the text of an unknown variable and no error.
    return {
      result: expansion.partial === undefined ? { error: expansion.message } : toUtf8(expansion.partial),
    };
  if (expansion.kind === 'error')
    return {
      error: toUtf8(expansion.message),
      ...(one.raw === undefined ? {} : { raw: toUtf8(expansion.partial ?? '') }),
    };
  if (one.result_hex !== undefined)
    return { result_hex: Buffer.from(expansion.text, 'latin1').toString('hex') };
  if (one.result_regex !== undefined)
    return { result_regex: new RegExp(one.result_regex).test(toUtf8(expansion.text)) };
  return { result: toUtf8(expansion.text) };
}

describe.each(['2.3', '2.4'] as const)('recorded expressions of Dovecot %s', (version) => {
  const cases = recorded.cases.filter((one) => one.version === version);
  test.each(cases.map((one) => [one.in, one.expression, one] as const))(
    '%s: %s',
    (_name, _expression, one) => {
      const { version: _version, in: _in, expression: _text, ...rest } = one;
      const expected: Record<string, unknown> = { ...rest };
      delete expected['unknown_variable'];
      if (one.crash !== undefined) expected['crash'] = true;
      if (one.result_regex !== undefined) expected['result_regex'] = true;
      expect(outcome(one)).toEqual(expected);
    },
  );
});
