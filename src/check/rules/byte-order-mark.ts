import { asFinding, BOTH, defineRule } from '../rule.js';

const BOM = '\xef\xbb\xbf';

export const byteOrderMark = defineRule({
  code: 'DV113',
  name: 'byte-order-mark',
  severity: 'error',
  title: 'A byte order mark at the beginning of a file belongs to the first name',
  versions: BOTH,
  problem(problem) {
    const { place } = problem;
    if (place === null || !place.source.text.startsWith(BOM) || place.source.lineAt(place.span.start) !== 1)
      return null;
    if (
      problem.kind !== 'unknown-setting' &&
      problem.kind !== 'version-line' &&
      problem.kind !== 'unknown-section'
    )
      return null;
    return {
      ...asFinding(problem),
      message: 'The file begins with a byte order mark, which Dovecot reads as part of the first name',
      place: { source: place.source, span: { start: 0, end: BOM.length } },
      help: 'Save the file as UTF-8 without a byte order mark.',
      fixes: [
        {
          title: 'Remove the byte order mark',
          safe: true,
          edits: [{ place: { source: place.source, span: { start: 0, end: BOM.length } }, text: '' }],
        },
      ],
    };
  },
});
