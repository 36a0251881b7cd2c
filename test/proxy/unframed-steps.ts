import type { Step } from './transcript.js';

/** Of the channel that begins: number 0 is the mail, others are for the proxy. */
const SWITCH = /\x03\xfe(?:\x00([\s\S])|\x01)/;

/**
 * The conversation without what a backend of 2.4 frames its output in when it is asked for it (`x-multiplex`), which
 * this proxy never does. Dovecot 2.4.1 lib/iostream-multiplex-private.h
 */
export function unframedSteps(steps: readonly Step[]): readonly Step[] {
  const framed = new Map<string, number>();
  return steps.map((step): Step => {
    const [seconds, from, to, what] = step;
    if (!from.startsWith('backend') || typeof what !== 'string') return step;
    const [before = '', behind] = what.split('* MULTIPLEX 0\r\n');
    if (behind !== undefined) framed.set(from, 0);
    const channel = framed.get(from);
    if (channel === undefined) return step;
    const stream = (behind ?? before).replace('\xff\xff\xff\xff\xff\x00\x02\x03\xfe', '');
    const plain = unframed(stream, channel, (next) => framed.set(from, next));
    return [seconds, from, to, (behind === undefined ? '' : before) + plain];
  });
}

function unframed(stream: string, first: number, switched: (channel: number) => void): string {
  let rest = stream;
  let channel = first;
  let mail = '';
  for (;;) {
    const found = SWITCH.exec(rest);
    const data = found === null ? rest : rest.slice(0, found.index);
    if (channel === 0) mail += data;
    if (found === null) return mail;
    const [mark, number] = found;
    if (number === undefined) mail += channel === 0 ? '\x03' : '';
    else {
      channel = number.charCodeAt(0);
      switched(channel);
    }
    rest = rest.slice(found.index + mark.length);
  }
}
