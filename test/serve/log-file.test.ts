import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LogFile, LogFileError } from '../../src/serve/operation/log-file.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a log file', () => {
  test('is appended to, and opened anew after it was moved away', () => {
    const path = join(folder, 'log');
    const file = new LogFile(path);
    file.write('one\n');
    renameSync(path, `${path}.1`);
    file.write('two\n');
    file.reopen();
    file.write('three\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(path, 'utf8')).toBe('three\n');
  });

  test('stays in use where the new one cannot be opened', () => {
    const path = join(folder, 'gone', 'log');
    expect(() => new LogFile(path)).toThrow(LogFileError);
    const moved = join(folder, 'kept');
    const file = new LogFile(moved);
    rmSync(moved);
    file.reopen();
    file.write('still here\n');
    expect(readFileSync(moved, 'utf8')).toBe('still here\n');
  });

  test('on a full disk loses lines, not sessions, and says so', () => {
    const file = new LogFile('/dev/full');
    expect(() => {
      file.write('lost\n');
      file.write('lost too\n');
    }).not.toThrow();
  });
});
