import { createRequire } from 'node:module';
import AjvDraft04 from 'ajv-draft-04';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../grammar/bytes.js';
import { Source } from '../../grammar/source.js';
import type { Diagnostic } from '../../src/check/diagnostic.js';
import { allRules } from '../../src/check/registry.js';
import { checkstyleReport } from '../../src/report/checkstyle.js';
import { githubReport } from '../../src/report/github.js';
import { gitlabReport } from '../../src/report/gitlab.js';
import { junitReport } from '../../src/report/junit.js';
import { sarifReport } from '../../src/report/sarif.js';

const require = createRequire(import.meta.url);
const schema: object = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
// The schema's formats (uri, date-time) are not what this test is about; its structure is.
const isSarif = new AjvDraft04.default({
  strict: false,
  validateFormats: false,
  unicodeRegExp: false,
}).compile(schema);

const NASTY = 'a < b & "c" \'d\' ]]> 100%, x:y\r\n\u0001\u001b[31m\ud800 ü \u{1f600}';

function diagnosticsOf(
  text: string,
  more: Partial<Diagnostic> = {},
  name = '/repo/conf/dovecot.conf',
): Diagnostic[] {
  const source = new Source('/etc/dovecot/dovecot.conf', fromUtf8(text), name);
  const start = source.text.indexOf('notfound');
  const place = { source, span: { start, end: start + 8 } };
  return [
    {
      code: 'DV301',
      rule: 'skip-value-of-userdb',
      severity: 'error',
      message: 'Something is wrong',
      place,
      dovecot: { message: 'Invalid value: notfound', stage: 'doveconf' },
      related: [{ message: 'see here', place }],
      help: 'Remove the line.',
      fixes: [
        { title: 'Remove', safe: true, edits: [{ place, text: '' }] },
        { title: 'Never', safe: false, edits: [{ place, text: 'never' }] },
      ],
      ...more,
    },
  ];
}

const TEXT = 'passdb {\n  # ünïcode\n  skip = notfound\n}\n';
const reportOf = (diagnostics: Diagnostic[]) => ({
  version: '2.3.19.1' as const,
  files: ['/repo/conf/dovecot.conf', '/etc/other.conf'],
  diagnostics,
});
const sarif = (diagnostics: Diagnostic[]) =>
  JSON.parse(
    sarifReport(reportOf(diagnostics), { folder: '/repo', toolVersion: '1.2.3', rules: allRules() }),
  );

/** Throws where the text is no well-formed XML; the elements in order. */
function elementsOf(xml: string): { name: string; attributes: Record<string, string> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => found.push({ name, attributes: { ...attributes } }));
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(xml).close();
  return found;
}

const CASES: readonly [string, Diagnostic[]][] = [
  ['without findings', []],
  ['with a finding', diagnosticsOf(TEXT)],
  ['with a finding of no place', diagnosticsOf(TEXT, { place: null, related: [], dovecot: null })],
  [
    'with texts full of special characters',
    diagnosticsOf(TEXT, { message: NASTY, help: NASTY }, `/repo/a ${NASTY}`),
  ],
  ['with an empty place', diagnosticsOf(TEXT, { severity: 'info', fixes: [] }).map((one) => one)],
];

describe('sarif', () => {
  test.each(CASES)('%s is valid by the schema of SARIF 2.1.0', (_name, diagnostics) => {
    const document = sarif(diagnostics);
    expect(isSarif(document), JSON.stringify(isSarif.errors)).toBe(true);
  });

  test('names the rule, the level, the place and both kinds of fixes', () => {
    const [run] = sarif(diagnosticsOf(TEXT)).runs;
    expect(run.tool.driver.rules).toMatchObject([{ id: 'DV301', name: 'skip-value-of-userdb' }]);
    expect(run.results).toMatchObject([
      {
        ruleId: 'DV301',
        ruleIndex: 0,
        level: 'error',
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'conf/dovecot.conf' },
              region: {
                startLine: 3,
                startColumn: 10,
                endLine: 3,
                endColumn: 18,
                byteOffset: 32,
                byteLength: 8,
              },
            },
          },
        ],
      },
    ]);
    expect(run.results[0].fixes).toHaveLength(2);
    expect(run.artifacts[1].location.uri).toBe('file:///etc/other.conf');
  });
});

describe('github', () => {
  test('gives one annotation a finding', () => {
    expect(githubReport(reportOf(diagnosticsOf(TEXT)), '/repo')).toBe(
      '::error file=conf/dovecot.conf,line=3,endLine=3,col=10,endColumn=18,title=DV301 skip-value-of-userdb' +
        '::Something is wrong%0ADovecot: Invalid value: notfound%0ARemove the line.\n',
    );
  });

  test('lets no text end its command or its property', () => {
    const text = githubReport(
      reportOf(diagnosticsOf(TEXT, { message: 'a\n::error::b %0A', severity: 'info' }, '/repo/a,b:c\n.conf')),
      '/repo',
    );
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('::notice file=a%2Cb%3Ac%0A.conf,line=3');
    expect(text).toContain('::a%0A::error::b %250A%0A');
  });
});

describe('gitlab', () => {
  test('has the fields of a code quality report', () => {
    expect(JSON.parse(gitlabReport(reportOf(diagnosticsOf(TEXT)), '/repo'))).toEqual([
      {
        description: 'Something is wrong Dovecot: Invalid value: notfound Remove the line.',
        check_name: 'DV301 skip-value-of-userdb',
        fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
        severity: 'critical',
        location: { path: 'conf/dovecot.conf', lines: { begin: 3, end: 3 } },
      },
    ]);
  });

  const fingerprintsOf = (diagnostics: Diagnostic[], folder = '/repo'): string[] =>
    JSON.parse(gitlabReport(reportOf(diagnostics), folder)).map(
      (one: { fingerprint: string }) => one.fingerprint,
    );

  test('a fingerprint stays when lines above it are added, and does not depend on the folder', () => {
    const before = fingerprintsOf(diagnosticsOf(TEXT));
    expect(fingerprintsOf(diagnosticsOf(`# new\n\n${TEXT}`))).toEqual(before);
    expect(fingerprintsOf(diagnosticsOf(TEXT, {}, '/home/x/conf/dovecot.conf'), '/home/x')).toEqual(before);
  });

  test('equal findings have different fingerprints', () => {
    const both = fingerprintsOf([...diagnosticsOf(TEXT), ...diagnosticsOf(TEXT)]);
    expect(new Set(both).size).toBe(2);
  });
});

describe.each(CASES)('XML %s', (_name, diagnostics) => {
  test('of junit is well-formed, and its counts are right', () => {
    const elements = elementsOf(junitReport(reportOf(diagnostics), '/repo'));
    const failures = elements.filter(({ name }) => name === 'failure');
    const cases = elements.filter(({ name }) => name === 'testcase');
    expect(failures).toHaveLength(diagnostics.length);
    expect(elements[0]?.attributes).toMatchObject({
      tests: String(cases.length),
      failures: String(failures.length),
    });
  });

  test('of checkstyle is well-formed, with an error a finding', () => {
    const elements = elementsOf(checkstyleReport(reportOf(diagnostics), '/repo'));
    expect(elements[0]?.name).toBe('checkstyle');
    const errors = elements.filter(({ name }) => name === 'error');
    expect(errors).toHaveLength(diagnostics.length);
    for (const { attributes } of errors) expect(attributes['severity']).toMatch(/^(?:error|warning|info)$/);
  });
});

test('XML keeps the text of a message', () => {
  const [failure] = elementsOf(
    junitReport(reportOf(diagnosticsOf(TEXT, { message: 'a < "b" & \'c\'\n%u' })), '/repo'),
  ).filter(({ name }) => name === 'failure');
  expect(failure?.attributes['message']).toBe('a < "b" & \'c\'\n%u');
});
