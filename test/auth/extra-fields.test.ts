import { describe, expect, test } from 'vitest';
import { ExtraFields } from '../../src/auth/extra-fields.js';

const CLIENT = { kind: 'client' } as const;

function fieldsOf(fields: ExtraFields): string {
  return fields.list.map(({ name, value }) => (value === null ? name : `${name}=${value}`)).join(' ');
}

function withFields(series: '2.3' | '2.4', text: string): ExtraFields {
  const fields = new ExtraFields(series);
  add(fields, text);
  return fields;
}

function add(fields: ExtraFields, text: string): void {
  for (const part of text.split(' ')) {
    const [name = '', value] = part.split('=');
    fields.add(name, value ?? null, false, CLIENT);
  }
}

describe('the list of extra fields', () => {
  test('keeps the place of a field whose value is replaced', () => {
    const fields = withFields('2.4', 'a=1 b=2');
    add(fields, 'a=3 c=4');
    expect(fieldsOf(fields)).toBe('a=3 b=2 c=4');
  });

  test('takes an empty value for none in 2.3, and none for yes in 2.4', () => {
    expect(fieldsOf(withFields('2.3', 'a= b'))).toBe('a b');
    expect(fieldsOf(withFields('2.4', 'a= b'))).toBe('a= b=yes');
  });

  test('is empty again when nothing was ever snapshotted', () => {
    const fields = withFields('2.3', 'a=1');
    fields.rollback();
    expect(fieldsOf(fields)).toBe('');
  });

  test('goes back to the snapshot', () => {
    const fields = withFields('2.3', 'f1=1 common=1');
    fields.snapshot();
    add(fields, 'common=2 f2=2');
    expect(fields.rollback().map(({ name }) => name)).toEqual(['common', 'f2']);
    expect(fieldsOf(fields)).toBe('f1=1 common=1');
  });

  test('keeps what was appended before the first overwrite behind a snapshot, as Dovecot does', () => {
    const fields = withFields('2.3', 'f1=1 common=1');
    fields.snapshot();
    add(fields, 'f2=2 common=2');
    fields.rollback();
    expect(fieldsOf(fields)).toBe('f1=1 common=1 f2=2');
  });

  test('knows what was set since the last snapshot', () => {
    const fields = withFields('2.4', 'a=1 b=2');
    fields.snapshot();
    add(fields, 'b=3 c=4');
    expect(fields.changed().map(({ name }) => name)).toEqual(['b', 'c']);
  });
});
