import { expect, test } from 'vitest';
import { Replayer } from './replay.js';
import { loadTranscripts, type Transcript } from './transcript.js';

/** A recorded redirect, with one more field for its user. */
function redirected(field: string): Transcript {
  const recorded = loadTranscripts('imap', '2.4.1').find(({ name }) => name === 'backend-referral-ip');
  if (recorded === undefined) throw new Error('not recorded');
  const fields = Object.fromEntries(
    Object.entries(recorded.fields).map(([user, text]) => [user, `${text} ${field}`]),
  );
  return { ...recorded, fields };
}

// The words of both, and that there is no second connection, were seen with the real program. observed 2.4.1
test('2.4.1 does not follow a redirect with proxy_redirect_reauth: its auth process does not answer', () => {
  const replay = new Replayer(redirected('proxy_redirect_reauth=y')).run();
  expect(replay.sent.get('client')).toMatch(
    /\r\na NO \[UNAVAILABLE\] Account is temporarily unavailable\.\r\n/,
  );
  expect(replay.sent.has('backend2')).toBe(false);
  expect(replay.log.join('\n')).toContain(
    'Aborting due to internal error: Internal authentication failure: ',
  );
  expect(replay.leftTimers).toBe(0);
});

test('without it the redirect is followed', () => {
  expect(new Replayer(redirected('forward_x=y')).run().sent.get('client')).toMatch(/\r\na OK /);
});
