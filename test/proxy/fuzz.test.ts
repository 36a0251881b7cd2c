import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOGIN_PROTOCOLS } from '../../src/proxy/login-protocols.js';
import { Replayer } from './replay.js';
import { loadTranscripts, type Step, type Transcript } from './transcript.js';

const transcripts = LOGIN_PROTOCOLS.flatMap((protocol) =>
  (['2.3.19.1', '2.4.1'] as const).flatMap((version) => loadTranscripts(protocol, version)),
);

/** The conversation with one step's bytes changed: cut, doubled, or with other bytes inside. */
function mutated(transcript: Transcript, place: number, at: number, bytes: string, how: number): Transcript {
  const spoken = transcript.steps.flatMap(([, from, , what], index) =>
    from !== 'proxy' && typeof what === 'string' ? [index] : [],
  );
  const target = spoken[place % Math.max(1, spoken.length)] ?? -1;
  const steps = transcript.steps.map((step, index): Step => {
    const [seconds, from, to, what] = step;
    if (index !== target || typeof what !== 'string') return step;
    const cut = at % (what.length + 1);
    const forms = [
      what.slice(0, cut) + bytes + what.slice(cut),
      what.slice(0, cut),
      what + what,
      what.slice(0, cut) + bytes + what.slice(cut + bytes.length),
    ];
    return [seconds, from, to, forms[how % forms.length] ?? what];
  });
  return { ...transcript, steps };
}

describe('a session', () => {
  test('survives recorded conversations with any change in them', () => {
    const bytes = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...transcripts),
        fc.nat(20),
        fc.nat(400),
        bytes,
        fc.nat(3),
        (transcript, place, at, inserted, how) => {
          const changed = mutated(transcript, place, at, inserted, how);
          const whole = new Replayer(changed).run();
          const pieces = new Replayer(changed, (data) => data.match(/[\s\S]{1,3}/g) ?? []).run();
          expect([...pieces.sent.entries()].filter(([party]) => party.startsWith('client'))).toEqual(
            [...whole.sent.entries()].filter(([party]) => party.startsWith('client')),
          );
        },
      ),
      { numRuns: 600, seed: 4 },
    );
  }, 120_000);
});
