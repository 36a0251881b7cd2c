import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { cramMd5, digestMd5, scram } from '../../auth/sasl/sasl-clients.js';
import type { Script } from './sasl-dialogue.js';

interface NamedScript {
  readonly name: string;
  readonly script: Script;
}

const sha1 = (...rest: [name: string, password: string, options?: { nonce?: string; header?: string }]) =>
  scram('sha1', ...rest);
const sha256 = (...rest: [name: string, password: string, options?: { nonce?: string; header?: string }]) =>
  scram('sha256', ...rest);

/** What clients say, well and badly. */
export function scripts(version: DovecotVersion): readonly NamedScript[] {
  const all: NamedScript[] = [];
  const say = (name: string, mechanism: string, initial: string | null, ...answers: Script['answers']) =>
    all.push({ name: `${mechanism}: ${name}`, script: { mechanism, initial, answers } });

  say('right', 'PLAIN', '\0bob\0pw');
  say('without initial response', 'PLAIN', null, '\0bob\0pw');
  say('too few parts', 'PLAIN', 'bob\0pw');
  say('too many parts', 'PLAIN', '\0bob\0pw\0');
  say('empty name', 'PLAIN', '\0\0pw');
  say('as another one', 'PLAIN', 'bob\0chief\0mpw');
  say('as a bad name', 'PLAIN', 'b+b\0chief\0mpw');

  say('right', 'LOGIN', null, 'bob', 'pw');
  say('name at once', 'LOGIN', 'bob', 'pw');
  say('bad name', 'LOGIN', null, 'b+b', 'pw');
  say('wrong', 'LOGIN', null, 'bob', 'no');
  say('NUL in the name', 'LOGIN', null, 'bo\0b', 'pw');

  say('right', 'CRAM-MD5', null, cramMd5('bob', 'pw'));
  say('wrong', 'CRAM-MD5', null, cramMd5('bob', 'no'));
  say('initial response', 'CRAM-MD5', 'something', cramMd5('bob', 'pw'));
  say('stored in its own scheme', 'CRAM-MD5', null, cramMd5('old', 'pw'));
  say('stored as a hash', 'CRAM-MD5', null, cramMd5('sha', 'secret'));
  say('unknown user', 'CRAM-MD5', null, cramMd5('none', 'pw'));
  say('refused by a field', 'CRAM-MD5', null, cramMd5('fail', 'pw'));
  say('bad name', 'CRAM-MD5', null, cramMd5('b+b', 'pw'));
  say('master user', 'CRAM-MD5', null, cramMd5('bob*chief', 'mpw'));
  say('no digest', 'CRAM-MD5', null, 'bob');
  say('a digest that is too long', 'CRAM-MD5', null, (c) => `${cramMd5('bob', 'pw')(c)}0`);
  say('upper case digest', 'CRAM-MD5', null, (c) => cramMd5('bob', 'pw')(c).toUpperCase());
  say('short digest', 'CRAM-MD5', null, 'bob 12');
  say('NUL', 'CRAM-MD5', null, 'bob\0 12');
  say('empty', 'CRAM-MD5', null, '');

  const bob = { user: 'bob', password: 'pw' };
  say('right', 'DIGEST-MD5', null, digestMd5(bob), '');
  say('wrong', 'DIGEST-MD5', null, digestMd5({ ...bob, password: 'no' }));
  say('realm', 'DIGEST-MD5', null, digestMd5({ user: 'ann', password: 'pw', realm: 'example.com' }), '');
  say('domain', 'DIGEST-MD5', null, digestMd5({ user: 'ann@example.com', password: 'pw' }), '');
  say(
    'domain and realm',
    'DIGEST-MD5',
    null,
    digestMd5({ user: 'ann@example.com', password: 'pw', realm: 'r' }),
    '',
  );
  say(
    'as another one',
    'DIGEST-MD5',
    null,
    digestMd5({ user: 'chief', password: 'mpw', authzid: 'bob' }),
    '',
  );
  say('as a bad name', 'DIGEST-MD5', null, digestMd5({ user: 'chief', password: 'mpw', authzid: 'b+b' }), '');
  say('stored as a hash', 'DIGEST-MD5', null, digestMd5({ user: 'sha', password: 'secret' }));
  for (const more of [
    ',username="x"',
    ',nonce="x"',
    ',cnonce="x"',
    ',nc=00000001',
    ',qop=auth-int',
    ',qop=what\x01ever',
    ',digest-uri="x"',
    ',maxbuf=0',
    ',maxbuf=1,maxbuf=2',
    ',charset=latin1',
    ',response=12',
    ',authzid=""',
    ',authzid=a,authzid=b',
    ' , bare , cipher = des , x="a\\"b" ',
    ', Realm =  "quoted" ',
  ])
    say(`with ${JSON.stringify(more)}`, 'DIGEST-MD5', null, digestMd5({ ...bob, more }), '');
  say('nothing', 'DIGEST-MD5', null, '');
  say('no nonce', 'DIGEST-MD5', null, 'username="bob",cnonce="x"');
  say('no cnonce', 'DIGEST-MD5', null, (c) => `username="bob",nonce="${/nonce="([^"]*)/.exec(c)?.[1]}"`);
  say('no name', 'DIGEST-MD5', null, (c) => `cnonce="bob",nonce="${/nonce="([^"]*)/.exec(c)?.[1]}"`);
  say('nc=2', 'DIGEST-MD5', null, 'nc=00000002');
  say('nc=x', 'DIGEST-MD5', null, 'nc=x');
  say('no name in it', 'DIGEST-MD5', null, 'username=""');
  say('empty cnonce', 'DIGEST-MD5', null, 'cnonce=""');

  for (const [mechanism, client] of [
    ['SCRAM-SHA-1', sha1],
    ['SCRAM-SHA-256', sha256],
  ] as const) {
    const right = client('bob', 'pw');
    say('right', mechanism, right.first, right.final, '');
    say('right, last response is not empty', mechanism, right.first, right.final, 'x');
    say('without initial response', mechanism, null, right.first, right.final, '');
    say('wrong', mechanism, right.first, client('bob', 'no').final);
    const other = client('chief', 'mpw', { header: 'n,a=bob,' });
    say('as another one', mechanism, other.first, other.final, '');
    say('as a bad name', mechanism, 'n,a=b+b,n=chief,r=x');
    say('as nobody', mechanism, 'n,a=,n=chief,r=x');
    say('unknown user', mechanism, client('none', 'pw').first);
    say('stored as a hash', mechanism, client('sha', 'pw').first);
    say('stored badly', mechanism, client('kept', 'pw').first);
    say('refused by a field', mechanism, client('fail', 'pw').first);
    for (const first of [
      '',
      'n',
      'n,',
      'n,,',
      'n,,n=bob',
      'p=tls-unique,,n=bob,r=x',
      'p,,n=bob,r=x',
      'y,,n=bob,r=x',
      'x,,n=bob,r=x',
      'n,b=c,n=bob,r=x',
      'n,a=x=2,n=bob,r=x',
      'n,,m=x,n=bob,r=x',
      'n,,u=bob,r=x',
      'n,,n=b=3D,r=x',
      'n,,n=b=2Cx,r=x',
      'n,,n=b=,r=x',
      'n,,n=bob,x=x',
      'n,,n=b+b,x=x',
      'n,,n=b+b,r=x',
      'n,,n=bo\0b,r=x',
    ])
      say(`first message ${JSON.stringify(first)}`, mechanism, first);
    const changed = (change: (final: string) => string) => (challenge: string) =>
      change(right.final(challenge));
    say('final message of one part', mechanism, right.first, 'c=biws');
    say(
      'other binding',
      mechanism,
      right.first,
      changed((final) => final.replace('c=biws', 'c=eSws')),
    );
    say(
      'other nonce',
      mechanism,
      right.first,
      changed((final) => final.replace(/r=./, 'r=_')),
    );
    say(
      'no proof',
      mechanism,
      right.first,
      changed((final) => final.replace(/,p=.*/, ',x=y')),
    );
    say(
      'broken proof',
      mechanism,
      right.first,
      changed((final) => final.replace(/,p=.*/, ',p=?')),
    );
    say(
      'short proof',
      mechanism,
      right.first,
      changed((final) => final.replace(/,p=.*/, ',p=AAAA')),
    );
    say(
      'extension',
      mechanism,
      right.first,
      changed((final) => final.replace(/,p=/, ',x=y,p=')),
    );
  }

  say('nothing to say', 'ANONYMOUS', '');
  say('a trace', 'ANONYMOUS', 'me@example.com');
  say('without initial response', 'ANONYMOUS', null, 'me');
  say('without a certificate', 'EXTERNAL', 'bob');
  say('without initial response', 'EXTERNAL', null, '');

  const tokens = [
    ['XOAUTH2', 'user=bob\x01auth=Bearer no\x01\x01'],
    ['XOAUTH2', 'auth=Bearer pw\x01\x01'],
    ['XOAUTH2', 'user=bob\x01\x01'],
    ['XOAUTH2', 'user=b+b\x01auth=Bearer pw\x01\x01'],
    ['XOAUTH2', 'user=bob\x01auth=Basic pw\x01\x01'],
    ['XOAUTH2', 'user=bob\x01auth=Bearer \x01\x01'],
    ['XOAUTH2', ''],
    ['OAUTHBEARER', 'n,a=bob,\x01auth=Bearer no\x01\x01'],
    ['OAUTHBEARER', 'n,,\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', 'n,a=bob,\x01\x01'],
    ['OAUTHBEARER', 'n,a=b+b,\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', 'n,a=bob,\x01auth=Basic pw\x01\x01'],
    ['OAUTHBEARER', 'p=x,a=bob,\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', 'f,a=bob,\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', 'n,a=b=ob,\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', 'n,x=b,\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', '\x01auth=Bearer pw\x01\x01'],
    ['OAUTHBEARER', ''],
  ] as const;
  for (const [mechanism, message] of tokens) {
    // 2.4 would ask the introspection server about a token that is well formed.
    const asks =
      version === '2.4.1' && /bob.*auth=Bearer (no|pw)\x01/.test(message) && !/^[pf]|b=ob/.test(message);
    if (!asks) say(JSON.stringify(message), mechanism, message, '');
  }
  if (version === '2.3.19.1') {
    say('right', 'XOAUTH2', 'user=bob\x01auth=bearer pw\x01\x01');
    say('right', 'OAUTHBEARER', 'n,a=bob,\x01host=x\x01auth=Bearer pw\x01\x01');
    say('unknown user', 'OAUTHBEARER', 'n,a=none,\x01auth=Bearer pw\x01\x01', 'x');
  }
  return all;
}
