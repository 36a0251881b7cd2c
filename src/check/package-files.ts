import type { Config } from '../config/config.js';
import type { Diagnostic } from './diagnostic.js';
import { includes } from './statements.js';

// Debian's and Fedora's packages put `protocols = $protocols NAME` there: files of the Dovecot that is installed.
const PACKAGE_FILES = /^\/usr\/share\/dovecot\/protocols\.d\//;

/**
 * The files that a package of Dovecot brings are those of the installed version, whatever the configuration is for, and
 * nobody edits them: what their own text would be blamed for is dropped, the rest stands at the include.
 */
export function withoutPackageFiles(diagnostics: readonly Diagnostic[], config: Config): Diagnostic[] {
  const isOfPackage = ({ place }: Diagnostic) => place !== null && PACKAGE_FILES.test(place.source.realPath);
  if (!diagnostics.some(isOfPackage)) return [...diagnostics];
  const include = includes(config).find(({ node }) => PACKAGE_FILES.test(node.pattern));
  const place = include === undefined ? null : { source: include.source, span: include.node.patternSpan };
  return diagnostics.flatMap((diagnostic) => {
    if (!isOfPackage(diagnostic)) return [diagnostic];
    return diagnostic.message.includes('$protocols') ? [] : [{ ...diagnostic, place, fixes: [] }];
  });
}
