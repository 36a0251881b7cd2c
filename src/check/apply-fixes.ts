import type { ByteString } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import type { Diagnostic, Fix } from './diagnostic.js';

/** One file before and after. */
export interface FixedFile {
  readonly source: Source;
  readonly text: ByteString;
}

export interface AppliedFixes {
  readonly files: readonly FixedFile[];
  /** How many findings were answered. */
  readonly count: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: ByteString;
}

/**
 * The texts with the first safe fix of each finding. A fix is applied whole or not at all; of two that touch the same
 * bytes the first wins, and the next run takes the other if it is still needed.
 */
export function applySafeFixes(diagnostics: readonly Diagnostic[]): AppliedFixes {
  const edits = new Map<string, { source: Source; edits: Edit[] }>();
  const seen = new Set<string>();
  let count = 0;
  for (const { fixes } of diagnostics) {
    const fix = fixes.find(({ safe }) => safe);
    if (fix === undefined) continue;
    const key = keyOf(fix);
    if (!seen.has(key)) {
      const isTaken = fix.edits.some(({ place }) =>
        (edits.get(place.source.realPath)?.edits ?? []).some((other) => overlaps(place.span, other)),
      );
      if (isTaken) continue;
      for (const { place, text } of fix.edits) {
        const { source, span } = place;
        const file = edits.get(source.realPath) ?? { source, edits: [] };
        file.edits.push({ ...span, text });
        edits.set(source.realPath, file);
      }
      seen.add(key);
    }
    count++;
  }
  const files = [...edits.values()].map((file) => ({ source: file.source, text: edited(file) }));
  return { files: files.filter(({ source, text }) => text !== source.text), count };
}

/** Two findings can have the same repair. */
function keyOf({ edits }: Fix): string {
  return edits
    .map(({ place, text }) => `${place.source.realPath}:${place.span.start}-${place.span.end}=${text}`)
    .join('\n');
}

/** An insertion at the border of another edit counts: which of them comes first would be chance. */
function overlaps(a: { start: number; end: number }, b: Edit): boolean {
  return a.start <= b.end && b.start <= a.end;
}

function edited({ source, edits }: { source: Source; edits: readonly Edit[] }): ByteString {
  let text = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    text += source.text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.text.slice(at);
}
