/** The alternatives of `{a,b}` in the order of glob(3) with GLOB_BRACE; braces may nest. `{}` stays as it is. */
export function expandBraces(pattern: string): string[] {
  for (let open = pattern.indexOf('{'); open !== -1; open = pattern.indexOf('{', open + 1)) {
    if (pattern[open - 1] === '\\') continue;
    const group = braceGroup(pattern, open);
    if (group === null) continue;
    const head = pattern.slice(0, open);
    const tail = pattern.slice(group.end + 1);
    return group.alternatives.flatMap((alternative) => expandBraces(head + alternative + tail));
  }
  return [pattern];
}

function braceGroup(pattern: string, open: number): { alternatives: string[]; end: number } | null {
  const alternatives: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open + 1; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (char === '{') depth++;
    else if (char === ',' && depth === 0) {
      alternatives.push(pattern.slice(start, at));
      start = at + 1;
    } else if (char === '}') {
      if (depth > 0) depth--;
      else {
        alternatives.push(pattern.slice(start, at));
        return at === open + 1 ? null : { alternatives, end: at };
      }
    }
  }
  return null;
}

/** One path component: text without wildcards (unescaped), or a test of names. A leading dot is matched by a dot only. */
export function globPattern(component: string): string | RegExp {
  if (!/[*?[\\]/.test(component)) return component;
  let source = '';
  let wild = false;
  for (let at = 0; at < component.length; at++) {
    const char = component[at] ?? '';
    if (char === '*') {
      wild = true;
      source += '.*';
    } else if (char === '?') {
      wild = true;
      source += '.';
    } else if (char === '[') {
      const set = bracketSet(component, at);
      if (set === null) source += '\\[';
      else {
        wild = true;
        source += set.source;
        at = set.end;
      }
    } else if (char === '\\' && at + 1 < component.length) source += escapeRegExp(component[++at] ?? '');
    else source += escapeRegExp(char);
  }
  if (!wild) return component.replace(/\\(.)/g, '$1');
  const dot = /^[*?[]/.test(component) ? '(?!\\.)' : '';
  return new RegExp(`^${dot}${source}$`, 's');
}

function bracketSet(component: string, open: number): { source: string; end: number } | null {
  const negated = component[open + 1] === '!' || component[open + 1] === '^';
  const first = open + (negated ? 2 : 1);
  const close = component.indexOf(']', first + 1);
  if (close === -1) return null;
  const inner = component.slice(first, close).replace(/[\\\]^]/g, '\\$&');
  return { source: `[${negated ? '^' : ''}${inner}]`, end: close };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
