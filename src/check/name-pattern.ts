/** A pattern of names or paths: `*` and `?` within one part, `**` over several, a folder stands for all below it. */
export function namePattern(pattern: string): RegExp {
  const text = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
  const expression = text.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${expression}(?:/.*)?$`, 'su');
}
