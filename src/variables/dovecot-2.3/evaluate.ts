import type { ByteString } from '../../../grammar/bytes.js';
import { MAX_LENGTH, MAX_PADDING } from '../limits.js';
import type { Escape, Expansion, VariableScope } from '../scope.js';
import type { Trace } from '../trace.js';
import type { Compiled23, CompiledVariable23, LongSource, ShortSource } from './compile.js';
import { evaluateCrypt } from './crypt.js';
import { cut } from './cut.js';
import { evaluateHash } from './hash.js';
import { evaluateIf } from './if.js';
import { applyModifier, type Format } from './modifiers.js';
import { type Code, FAILED, fine, type Value } from './value.js';

const TOO_LONG = 'a value that takes more memory than is sensible';

/** One expansion as it goes. `error` is the last text set: Dovecot has one place for all of them. */
export class Run23 {
  readonly scope: VariableScope;
  readonly escaping: Escape | undefined;
  readonly trace: Trace | undefined;
  error: ByteString | null = null;
  crash: string | null = null;
  depth = 0;

  constructor(scope: VariableScope, escaping: Escape | undefined, trace: Trace | undefined) {
    this.scope = scope;
    this.escaping = escaping;
    this.trace = trace;
  }

  escaped(value: ByteString): ByteString {
    return this.escaping === undefined ? value : this.escaping(value);
  }

  fail(message: ByteString): Value {
    this.error = message;
    return FAILED;
  }

  crashes(reason: string): Value {
    this.crash ??= reason;
    return this.fail(reason);
  }

  /** Expands a nested template; like Dovecot it forgets an error from before. */
  template(compiled: Compiled23): Value {
    this.error = null;
    let code: Code = 1;
    let text = '';
    for (const part of compiled.parts) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      const value = this.variable(part);
      if (value.code < code) code = value.code;
      text += value.text;
      if (text.length > MAX_LENGTH) this.crashes(TOO_LONG);
      if (this.crash !== null) return FAILED;
    }
    return { code, text };
  }

  variable(variable: CompiledVariable23): Value {
    const { source, span } = variable;
    const value = source.kind === 'short' ? this.short(source) : this.long(source);
    if (variable.unclosed)
      return this.crashes('the braces do not balance: Dovecot reads past the end of the text');
    const trace = this.trace;
    if (trace !== undefined) {
      const name = source.kind === 'short' ? source.letter : shownName(source);
      const error = value.code < 1 ? { error: this.error ?? '(null)' } : {};
      trace({ span, depth: this.depth, action: 'variable', name, value: value.text, ...error });
    }
    return value.code < 1 ? value : this.formatted(variable, value.text);
  }

  formatted(variable: CompiledVariable23, value: ByteString): Value {
    const { modifiers, zeroPadding, span } = variable;
    const format: Format = { offset: variable.offset, width: variable.width };
    if (format.offset > MAX_PADDING || format.width > MAX_PADDING) {
      if (zeroPadding || /[HN]/.test(modifiers))
        return this.crashes(`padding to ${Math.max(format.offset, format.width)} bytes`);
    }
    let text = value;
    for (const letter of modifiers) {
      text = applyModifier(letter, text, format);
      if (text.length > MAX_LENGTH) return this.crashes(TOO_LONG);
      this.trace?.({ span, depth: this.depth, action: 'modifier', name: letter, value: text });
    }
    if (format.offset === 0 && format.width === 0) return fine(text);
    text = cut(text, format.offset, format.width, zeroPadding);
    const name = `${format.offset}.${zeroPadding ? '0' : ''}${format.width}`;
    this.trace?.({ span, depth: this.depth, action: 'cut', name, value: text });
    return fine(text);
  }

  short({ letter, entry }: ShortSource): Value {
    const extra = this.scope.extra?.get(letter);
    if (extra !== undefined) return fine(this.escaped(extra));
    if (entry !== null) {
      const value = entry.value(this.scope.auth);
      return fine(entry.escaped ? this.escaped(value) : value);
    }
    if (letter === '%') return fine('%');
    this.error ??= `Unknown variable '%${letter}'`;
    return { code: 0, text: `UNSUPPORTED_VARIABLE_${letter}` };
  }

  long(source: LongSource): Value {
    const extra = this.scope.extra?.get(source.name);
    if (extra !== undefined) return fine(this.escaped(extra));
    switch (source.kind) {
      case 'table': {
        const value = source.entry.value(this.scope.auth);
        return fine(source.entry.escaped ? this.escaped(value) : value);
      }
      case 'system':
        return fine(String(this.scope.system[source.field]));
      case 'hash':
        return evaluateHash(this, source);
      case 'crypt':
        return evaluateCrypt(this, source);
      case 'if':
        return evaluateIf(this, source);
      case 'provider':
        return this.provider(source.key, source.data);
      case 'too-deep':
        return this.crashes('functions nested too deep');
    }
  }

  provider(key: ByteString, data: ByteString): Value {
    if (key === 'env') {
      const found = this.scope.providers.get('env')?.(data);
      return fine(found?.kind === 'value' ? found.value : '');
    }
    const provider = this.scope.providers.get(key);
    if (provider === undefined) {
      this.error = `Unknown variable '%${key}'`;
      return { code: 0, text: `UNSUPPORTED_VARIABLE_${key}` };
    }
    // The field ends at the first `:`, its default follows (Dovecot 2.3.19.1 auth-request-var-expand.c).
    const colon = data.indexOf(':');
    const found = provider(colon === -1 ? data : data.slice(0, colon));
    switch (found.kind) {
      case 'value':
        return fine(this.escaped(found.value));
      case 'missing':
        return fine(this.escaped(colon === -1 ? '' : data.slice(colon + 1)));
      case 'error':
        return this.fail(found.message);
    }
  }
}

/** A function by its name alone, a variable with all that belongs to it. */
function shownName({ kind, name }: LongSource): ByteString {
  return kind === 'hash' || kind === 'if' || kind === 'crypt' ? (name.split(/[;:]/, 1)[0] ?? name) : name;
}

export function evaluate23(
  compiled: Compiled23,
  scope: VariableScope,
  escaping: Escape | undefined,
  trace: Trace | undefined,
): Expansion {
  const run = new Run23(scope, escaping, trace);
  const { code, text } = run.template(compiled);
  if (run.crash !== null) return { kind: 'error', message: run.crash, crash: run.crash };
  if (code === 1) return { kind: 'ok', text };
  // Some failures leave no text at all: Dovecot prints C's null pointer then (observed 2.3.19.1).
  const message = run.error ?? '(null)';
  return code === 0 ? { kind: 'error', message, partial: text } : { kind: 'error', message };
}
