import { describe, expect, test } from 'vitest';
import { inspectTemplate } from '../../src/variables/inspect.js';

const names = (series: '2.3' | '2.4', template: string) =>
  inspectTemplate(series, template).variables.map(({ name, known }) => (known ? name : `${name}?`));
const problems = (series: '2.3' | '2.4', template: string) =>
  inspectTemplate(series, template).problems.map(({ kind, message, suggestion }) => [
    kind,
    message,
    suggestion,
  ]);

describe('variables of 2.3', () => {
  test('letters by their long names, nested ones and function fields included', () => {
    expect(names('2.3', '%Lu %{if;%d;eq;%{passdb:x};%n;%{nope}} %{sha1;salt=%r:login_user} %! %%')).toEqual([
      'user',
      'domain',
      'passdb:x',
      'username',
      'nope?',
      'login_user',
      'rip',
      '!',
    ]);
  });
  test('places inside an if are those of the template', () => {
    const template = 'x%{if;%d;eq;%{nope};y;n}';
    const spans = inspectTemplate('2.3', template).variables.map(({ span }) =>
      template.slice(span.start, span.end),
    );
    expect(spans).toEqual(['%d', '%{nope}']);
  });
  test('2.4 names are known to mean something else', () => {
    expect(inspectTemplate('2.3', '%{protocol}').variables[0]).toMatchObject({
      known: false,
      suggestion: '%s',
    });
  });
});

describe('problems of 2.3', () => {
  test('2.4 syntax is an unknown variable', () => {
    expect(problems('2.3', '%{user | domain | lower}')).toEqual([
      ['new-syntax', "Unknown variable '%user | domain | lower'", '%Ld'],
    ]);
    expect(problems('2.3', '%{user | substr(0,1)}')[0]).toMatchObject([
      'new-syntax',
      expect.any(String),
      null,
    ]);
  });
  test('texts that end early, braces that do not close, functions that never work', () => {
    expect(problems('2.3', 'a%').map(([kind]) => kind)).toEqual(['cut-short']);
    expect(problems('2.3', '%{if;{;}').map(([kind]) => kind)).toEqual(['unclosed']);
    expect(problems('2.3', '%{if;1}')).toEqual([
      ['bad-function', 'if: requires four or five parameters, got 1', null],
    ]);
  });
});

describe('variables of 2.4', () => {
  test('first steps, arguments and looked up names', () => {
    expect(
      names(
        '2.4',
        "%{user | domain | default(local_name)} %{lookup('passdb:host')} %{rip} %{sql:x} %{if(a,'eq','b','c','d')}",
      ),
    ).toEqual(['user', 'local_name', 'passdb:host', 'rip?', 'sql:x?', 'a?']);
  });
  test('2.3 names have a successor', () => {
    expect(inspectTemplate('2.4', '%{rip}').variables[0]?.suggestion).toBe('remote_ip');
    expect(inspectTemplate('2.4', '%{orig_username}').variables[0]?.suggestion).toBe(
      'original_user | username',
    );
  });
});

describe('problems of 2.4', () => {
  test('2.3 syntax stays literal text', () => {
    expect(
      problems('2.4', "SELECT '%Lu' %{user} %d%% %5.3u").map(([kind, , instead]) => [kind, instead]),
    ).toEqual([
      ['old-syntax', '%{user | lower}'],
      ['old-syntax', '%{user | domain}'],
      ['old-syntax', '%'],
      ['old-syntax', null],
    ]);
  });
  test('percent signs that are meant are left alone', () => {
    expect(problems('2.4', "LIKE '%' || %{user} %%{x} 100%")).toEqual([]);
  });
  test('syntax errors in the words of Dovecot', () => {
    expect(problems('2.4', '%{user()}')).toEqual([
      ['syntax', 'syntax error, unexpected CBRACE, expecting MINUS or NAME or VALUE or NUMBER', null],
    ]);
  });
  test('skipped bytes, a lost y, unknown filters, filters at the place of a variable', () => {
    expect(problems('2.4', '%{user&}')[0]?.[0]).toBe('ignored-byte');
    expect(problems('2.4', '%{user}y')[0]).toMatchObject([
      'lost-text',
      expect.any(String),
      "%{literal('y')}",
    ]);
    expect(problems('2.4', '%{user | trim}')).toEqual([
      ['unknown-function', "No such function 'trim'", null],
    ]);
    expect(problems('2.4', '%{domain}')).toEqual([
      ['filter-without-value', 'domain: No value to get domain from', 'user | domain'],
    ]);
  });
});
