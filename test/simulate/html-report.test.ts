import { describe, expect, test } from 'vitest';
import { HtmlReport, type HtmlRow } from '../../src/report/simulation-html.js';

const ROW: HtmlRow = {
  user: 'bob@example.com',
  service: 'imap',
  outcome: 'ok_proxy',
  passdb: '1. users',
  backend: 'mail1.example.com:143',
  tls: 'no TLS',
  sent: 'bob@example.com',
  why: '',
};

function pageOf(rows: Iterable<HtmlRow>, interrupted = false): string {
  let text = '';
  const report = new HtmlReport({ config: 'a<b.conf', dovecot: '2.4.1' }, (part) => {
    text += part;
  });
  for (const row of rows) report.add(row);
  report.end(interrupted);
  return text;
}

/** The lines of the rows as they stand in the page. */
function rowLines(page: string): string[] {
  const [, rows = ''] = /id="rows">\n([\s\S]*?)<\/script>/.exec(page) ?? [];
  return rows.split('\n').slice(0, -1);
}

describe('the page of many users', () => {
  test('nothing that a name holds ends the script or becomes markup', () => {
    const user = '</script><img src=x onerror=alert(1)>\t\n\\x3c';
    const page = pageOf([
      { ...ROW, user, sent: user, backend: '<b>:143', why: '</script>', passdb: '1. <i>' },
    ]);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<b>:');
    expect(page).not.toContain('<i>');
    expect(page.match(/<\/script>/g)).toHaveLength(3);
    expect(rowLines(page)).toHaveLength(1);
    expect(rowLines(page)[0]).toContain('\\x3c/script>\\x3cimg');
    expect(rowLines(page)[0]).toContain('\\\\x3c');
  });

  test('asks no network', () => {
    const page = pageOf([ROW]);
    expect(page).toContain(
      `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`,
    );
    expect(page).not.toMatch(/https?:\/\/|src=|href=|@import|url\(/);
  });

  test('writes texts that come again once', () => {
    const page = pageOf([ROW, { ...ROW, user: 'ann' }, { ...ROW, sent: 'else' }]);
    expect(rowLines(page)).toEqual([
      'bob@example.com\t0\t1\t2\t3\t\t4\t',
      'ann\t0\t1\t2\t3\t=bob@example.com\t4\t',
      'bob@example.com\t0\t1\t2\t3\t=else\t4\t',
    ]);
    expect(page).toContain('["imap","ok_proxy","mail1.example.com:143","no TLS","1. users"]');
  });

  test('counts every way, in numbers and as a picture', () => {
    const lost: HtmlRow = {
      ...ROW,
      outcome: 'fail_unknown_user',
      backend: '',
      tls: '',
      sent: '',
      why: 'refused',
    };
    const page = pageOf([ROW, ROW, ROW, lost]);
    expect(page).toContain('<h1>4 questions</h1>');
    expect(page).toContain('75.0 %');
    expect(page).toContain('<title>ok_proxy to mail1.example.com:143: 3</title>');
    expect(page).toContain('<title>1. users to fail_unknown_user: 1</title>');
    expect(page).not.toMatch(/NaN|undefined/);
  });

  test('puts backends beyond a dozen together in the picture', () => {
    const page = pageOf(Array.from({ length: 40 }, (_, at) => ({ ...ROW, backend: `mail${at}:143` })));
    expect(page).toContain('>27 others 27</text>');
    expect(page.match(/data-way="\[&quot;/g)?.length).toBeGreaterThan(40);
  });

  test('takes the same memory for any number of hosts and reasons', () => {
    function* rows() {
      for (let at = 0; at < 20_000; at += 1) yield { ...ROW, user: `u${at}`, backend: `mail${at}:143` };
    }
    const page = pageOf(rows());
    const [, words = ''] = /id="words">(.*)<\/script>/.exec(page) ?? [];
    expect(JSON.parse(words)).toHaveLength(5000);
    expect(rowLines(page).at(-1)).toContain('\t=mail19999:143\t');
    expect(page).toMatch(/<button type="button" data-way="[^"]*&quot;other&quot;\]">15,000</);
  });

  test('says that it was interrupted', () => {
    expect(pageOf([ROW], true)).toContain('Interrupted: not all questions were asked.');
    expect(pageOf([])).toContain('<h1>0 questions</h1>');
  });
});
