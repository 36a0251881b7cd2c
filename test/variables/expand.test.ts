import { describe, expect, test } from 'vitest';
import { expand, expandText } from '../../src/variables/expand.js';
import type { TraceStep } from '../../src/variables/trace.js';
import { SYSTEM, scopeOf } from './case-scope.js';

const scope = scopeOf({ user: 'John.Doe@Example.COM', local_port: '143' });

describe('settings without a percent sign', () => {
  test('are not expanded at all: y stays y', () => {
    expect(expand('2.4', 'y', scope)).toEqual({ kind: 'ok', text: 'y' });
    expect(expandText('2.4', 'y', scope)).toEqual({ kind: 'ok', text: '' });
  });
});

describe('one error of 2.3 text', () => {
  test('the first unknown letter is reported, of long names the last', () => {
    expect(expand('2.3', '%x%y', scope)).toMatchObject({ message: "Unknown variable '%x'" });
    expect(expand('2.3', '%{x}%{y}', scope)).toMatchObject({ message: "Unknown variable '%y'" });
  });
  test('an if forgets an error from before it, as Dovecot does', () => {
    expect(expand('2.3', '%x%{if;1;==;1;a;b}', scope)).toEqual({
      kind: 'error',
      message: '(null)',
      partial: 'UNSUPPORTED_VARIABLE_xa',
    });
  });
});

describe('errors of 2.4 that outlive their program', () => {
  test('an error behind binary data is kept for the next program', () => {
    expect(expand('2.4', '%{user | md5 + 1}x', scope)).toEqual({ kind: 'ok', text: 'x' });
    expect(expand('2.4', "%{user | md5 + 1}%{user | substr(100) | default('d')}", scope)).toMatchObject({
      message: 'calculate: Input is not a number',
    });
    expect(expand('2.4', "%{user | md5 + 1} %{user | substr(100) | default('d')}", scope)).toEqual({
      kind: 'ok',
      text: ' d',
    });
  });
});

describe('what would take Dovecot down is reported', () => {
  test.each([
    ['2.3', `${'%{if;1;==;'.repeat(500)}1${';a;b}'.repeat(500)}`],
    ['2.3', `%{${'md5:'.repeat(500)}user}`],
    ['2.3', '%{sha1;rounds=4294967295:user}'],
    ['2.3', '%02147483647u'],
    ['2.4', "%{user | lfill(30, '')}"],
    ['2.4', '%{user | lfill(2147483647)}'],
    ['2.4', '%{user | sha1(rounds=99999999999)}'],
    ['2.4', '%{user | hexlify(9999999999)}'],
    ['2.4', '%{user | md5 % 0}'],
    ['2.4', "%{literal('-9223372036854775808') / -1}"],
    ['2.4', '%{user | regexp(nope, user)}'],
    ['2.4', `%{user${' | hexlify'.repeat(40)}}`],
    ['2.4', `%{user${" | regexp('.*', '\\\\0\\\\0\\\\0')".repeat(20)}}`],
    ['2.3', '%09999999u'.repeat(9)],
    ['2.4', 'a%{}b'],
  ] as const)('%s %.40s', (series, template) => {
    expect(expand(series, template, scope)).toMatchObject({ kind: 'error', crash: expect.any(String) });
  });
});

describe('names of one’s own', () => {
  const extra = {
    ...scope,
    extra: new Map([
      ['user', 'x'],
      ['x', 'one'],
      ['sql:a', 'col'],
    ]),
  };
  test('win over the table', () => {
    expect(expand('2.3', '%{user} %x', extra)).toEqual({ kind: 'ok', text: 'x one' });
    expect(expand('2.4', '%{user} %{sql:a}', extra)).toEqual({ kind: 'ok', text: 'x col' });
  });
});

describe('providers', () => {
  test('a missing column of a row is an error in 2.4 and the default in 2.3', () => {
    const missing = { ...scope, providers: new Map([['ldap', () => ({ kind: 'missing' as const })]]) };
    expect(expand('2.4', '%{ldap:mail}', missing)).toMatchObject({ message: "ldap: No such field 'mail'" });
    expect(expand('2.3', '%{ldap:mail:none}', missing)).toEqual({ kind: 'ok', text: 'none' });
  });
  test('a provider may say what is wrong', () => {
    const broken = {
      ...scope,
      providers: new Map([['x', () => ({ kind: 'error' as const, message: 'no' })]]),
    };
    expect(expand('2.4', '%{x:a}', broken)).toMatchObject({ message: 'x: no' });
    expect(expand('2.3', '%{x:a}', broken)).toMatchObject({ message: 'no' });
  });
  test('the clock and the machine are those handed in', () => {
    const text = '%{process:pid} %{system:hostname} %{time:usec} %{generate:uuid:compact}';
    expect(expand('2.4', text, scope)).toEqual({
      kind: 'ok',
      text: '4711 mail.example.com 123456 0b30557a9fc4490eb3587da2c7ec1136',
    });
    expect(SYSTEM.hostname).toBe('mail.example.com');
  });
});

describe('a trace', () => {
  function trace(series: '2.3' | '2.4', template: string): string[] {
    const steps: TraceStep[] = [];
    expandText(series, template, scope, undefined, (step) => steps.push(step));
    return steps.map((step) => `${step.depth} ${step.action} ${step.name}: ${step.error ?? step.value}`);
  }
  test('tells each step of 2.4', () => {
    expect(trace('2.4', "%{nope | default('A') | lower}")).toEqual([
      "0 variable nope: Unknown variable 'nope'",
      '0 filter default: A',
      '0 filter lower: a',
    ]);
  });
  test('tells modifiers, cuts and nested variables of 2.3', () => {
    expect(trace('2.3', '%1.3Lu%{if;%d;eq;;a;b}')).toEqual([
      '0 variable u: John.Doe@Example.COM',
      '0 modifier L: john.doe@example.com',
      '0 cut 1.3: ohn',
      '1 variable d: Example.COM',
      '0 variable if: b',
    ]);
  });
});

describe('encryption', () => {
  test('what 2.4 encrypts it decrypts, with any password and salt', () => {
    const text = "%{user | encrypt(key='pw') | decrypt(key='pw')}";
    expect(expand('2.4', text, scope)).toEqual({ kind: 'ok', text: 'John.Doe@Example.COM' });
    expect(expand('2.4', "%{user | encrypt(key='pw') | decrypt(key='no')}", scope)).toMatchObject({
      message: 'decrypt: data authentication failed',
    });
  });
  test('2.3 takes the iv out of the data', () => {
    const key = '00112233445566778899aabbccddeeff';
    const made = expand('2.3', `%{encrypt;key=${key},algo=aes-128-cbc:user}`, scope);
    const data = made.kind === 'ok' ? made.text : '';
    const stored = scopeOf({ client_id: data });
    expect(expand('2.3', `%{decrypt;key=${key},algo=aes-128-cbc:client_id}`, stored)).toEqual({
      kind: 'ok',
      text: 'John.Doe@Example.COM',
    });
  });
});
