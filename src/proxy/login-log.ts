import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';

/** Values for `login_log_format_elements`; a name that is absent has no value. */
export interface LogValues {
  /** By long name, and in 2.3 by letter as well. */
  get(name: ByteString): ByteString | undefined;
  /** `%{passdb:FIELD}`. */
  passdb(field: ByteString): ByteString | undefined;
}

/** Expands a template that uses more than plain variables; handed in, so that this file stays cheap. */
export type ExpandTemplate = (template: ByteString, values: LogValues) => ByteString;

/** One piece of the setting: text and variables in turn. */
interface Element {
  readonly template: ByteString;
  /** null: needs the full language. */
  readonly parts: readonly Part[] | null;
  /** Shown even when empty. */
  readonly hasUser: boolean;
  /** What it comes to without any value; undefined: nobody asked yet. */
  empty: ByteString | undefined;
}

type Part =
  | { readonly kind: 'text'; readonly text: ByteString }
  | { readonly kind: 'variable'; readonly name: ByteString }
  | { readonly kind: 'passdb'; readonly field: ByteString };

const PLAIN_VARIABLE = /%(?:\{([a-z_]+)\}|\{passdb:([A-Za-z0-9_]+)\}|([a-z])|(%))/y;

/** Splits a template into text and plain variables; null where it needs the full language. */
function parsePlain(template: ByteString, series: Series): Part[] | null {
  const parts: Part[] = [];
  let at = 0;
  while (at < template.length) {
    const percent = template.indexOf('%', at);
    if (percent === -1) {
      parts.push({ kind: 'text', text: template.slice(at) });
      break;
    }
    if (percent > at) parts.push({ kind: 'text', text: template.slice(at, percent) });
    PLAIN_VARIABLE.lastIndex = percent;
    const match = PLAIN_VARIABLE.exec(template);
    if (match === null) return null;
    const [, name, field, letter] = match;
    if (letter !== undefined && series === '2.4') return null;
    if (name !== undefined) parts.push({ kind: 'variable', name });
    else if (field !== undefined) parts.push({ kind: 'passdb', field });
    else if (letter !== undefined) parts.push({ kind: 'variable', name: letter });
    else parts.push({ kind: 'text', text: '%' });
    at = PLAIN_VARIABLE.lastIndex;
  }
  return parts;
}

/** 2.3 looks for the letters u and n behind any modifiers, 2.4 for the variable `user`. Dovecot client-common.c */
function usesUser(template: ByteString, parts: readonly Part[] | null, series: Series): boolean {
  if (series === '2.3') return /%[-0-9.]*[LUEXRMDHN]*[un]/.test(template);
  if (parts === null) return /%\{\s*user\b/.test(template);
  return parts.some((part) => part.kind === 'variable' && part.name === 'user');
}

const EMPTY: LogValues = { get: () => undefined, passdb: () => undefined };

/** The login log line of one configuration: `login_log_format` and `login_log_format_elements`, prepared once. */
export class LoginLogFormat {
  readonly #series: Series;
  readonly #elements: readonly Element[];
  readonly #format: readonly Part[] | null;
  readonly #formatTemplate: ByteString;
  readonly #expand: ExpandTemplate;

  constructor(series: Series, format: ByteString, elements: ByteString, expand: ExpandTemplate) {
    this.#series = series;
    this.#expand = expand;
    this.#formatTemplate = format;
    this.#format = this.#parseFormat(format);
    this.#elements = elements
      .split(' ')
      .filter((template) => template !== '')
      .map((template) => {
        const parts = parsePlain(template, series);
        return { template, parts, hasUser: usesUser(template, parts, series), empty: undefined };
      });
  }

  /** `message` with the elements, as the format arranges them. */
  line(message: ByteString, values: LogValues): ByteString {
    const elements = this.#elementText(values);
    const own: LogValues = {
      get: (name) => {
        if (name === 's' || name === 'elements') return elements;
        return name === '$' || name === 'message' ? message : undefined;
      },
      passdb: () => undefined,
    };
    if (this.#format === null) return this.#expand(this.#formatTemplate, own);
    return this.#join(this.#format, own);
  }

  #parseFormat(format: ByteString): Part[] | null {
    if (this.#series === '2.4') return parsePlain(format, '2.4');
    // `%$` is the message in 2.3.
    const marked = format.split('%$');
    const parts: Part[] = [];
    for (const [index, piece] of marked.entries()) {
      if (index > 0) parts.push({ kind: 'variable', name: '$' });
      const plain = parsePlain(piece, '2.3');
      if (plain === null) return null;
      parts.push(...plain);
    }
    return parts;
  }

  /** Dovecot client-common.c client_get_log_str */
  #elementText(values: LogValues): ByteString {
    let text = '';
    /** Where the text ends when nothing more is shown. */
    let end = 0;
    for (const element of this.#elements) {
      // 2.4 takes back only the comma of an element that is shown: those in front of dropped ones keep theirs.
      if (this.#series === '2.4') end = text.length;
      const value = this.#elementValue(element, values);
      if (this.#isDropped(element, value)) continue;
      text += value;
      end = text.length;
      if (text !== '') text += ', ';
    }
    return text.slice(0, end);
  }

  #isDropped(element: Element, value: ByteString): boolean {
    if (element.hasUser) return false;
    // 2.3 has no %{passdb:F} where it looks what an empty element is: such a one never equals it.
    if (this.#series === '2.3' && element.template.includes('%{passdb:')) return false;
    element.empty ??= this.#elementValue(element, EMPTY);
    return value === element.empty;
  }

  #elementValue(element: Element, values: LogValues): ByteString {
    return element.parts === null
      ? this.#expand(element.template, values)
      : this.#join(element.parts, values);
  }

  #join(parts: readonly Part[], values: LogValues): ByteString {
    let text = '';
    for (const part of parts) {
      if (part.kind === 'text') text += part.text;
      else if (part.kind === 'variable') text += values.get(part.name) ?? '';
      else text += values.passdb(part.field) ?? '';
    }
    return text;
  }
}
