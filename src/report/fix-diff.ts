import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';
import { toUtf8 } from '../../grammar/bytes.js';
import type { FixedFile } from '../check/apply-fixes.js';
import { maskSecrets } from './masking.js';
import { reportPath } from './report-path.js';

export interface FixDiffOptions {
  /** Folder of the run: paths are given relative to it. */
  readonly folder: string;
  readonly showSecrets: boolean;
}

/** A unified diff of all files, as `patch -p1` and `git apply` read it. */
export function fixDiff(files: readonly FixedFile[], { folder, showSecrets }: FixDiffOptions): string {
  return files
    .map(({ source, text }) => {
      const name = reportPath(source.realPath, folder).replace(/^\/+/, '');
      const patch = structuredPatch(`a/${name}`, `b/${name}`, toUtf8(source.text), toUtf8(text), '', '', {
        context: 3,
      });
      for (const hunk of patch.hunks)
        if (!showSecrets) hunk.lines = hunk.lines.map((line) => line.charAt(0) + maskSecrets(line.slice(1)));
      return formatPatch(patch, FILE_HEADERS_ONLY);
    })
    .join('');
}
