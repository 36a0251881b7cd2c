import type { ByteString } from '../../../grammar/bytes.js';
import type { Program24, Step24, Template24 } from '../../../grammar/variables-2.4/tree.js';
import { cString } from '../ascii.js';
import { hexOf } from '../binary.js';
import { MAX_LENGTH } from '../limits.js';
import type { Escape, Expansion, VariableScope } from '../scope.js';
import type { Trace } from '../trace.js';
import { DovecotCrash, FilterError, LostMessage, TOO_LONG } from './errors.js';
import { FILTERS } from './filters.js';
import { State24 } from './state.js';

/** Ends the expansion with this message. */
class Stop extends Error {}

/** Runs a parsed template (Dovecot 2.4.1 expansion-program.c). */
export function evaluate24(
  template: Template24,
  scope: VariableScope,
  escaping: Escape | undefined,
  trace: Trace | undefined,
): Expansion {
  if (template.fatal !== null) {
    const reason = 'an empty %{} with more text before and behind it';
    return { kind: 'error', message: reason, crash: reason };
  }
  if (template.error !== null) return { kind: 'error', message: template.error.message };
  const state = new State24(scope);
  let result = '';
  try {
    for (const part of template.parts) {
      if (part.kind === 'text') {
        // A text is a `literal` program, which forgets the errors of the program before.
        state.delayedError = null;
        result += part.text;
      } else result += runProgram(state, part, escaping, trace);
      if (result.length > MAX_LENGTH) throw new DovecotCrash(TOO_LONG);
    }
  } catch (error) {
    if (error instanceof Stop) return { kind: 'error', message: error.message };
    if (error instanceof DovecotCrash) return { kind: 'error', message: error.message, crash: error.message };
    // A string longer than JavaScript can hold.
    if (error instanceof RangeError) return { kind: 'error', message: TOO_LONG, crash: TOO_LONG };
    throw error;
  }
  return { kind: 'ok', text: result };
}

function runProgram(
  state: State24,
  program: Program24,
  escaping: Escape | undefined,
  trace: Trace | undefined,
): ByteString {
  if (program.steps.length === 0) return '';
  state.isSafe = false;
  program.steps.forEach((step, at) => {
    const action = runStep(state, step, at === 0);
    trace?.({
      span: program.span,
      at: step.span,
      depth: 0,
      action,
      name: step.name,
      value: state.value,
      binary: state.isBinary,
      ...(state.isSet ? {} : { error: state.delayedError ?? '' }),
    });
  });
  // A binary value that a failed filter has taken away becomes '' here, without an error.
  if (state.isBinary) state.setText(hexOf(state.value));
  if (!state.isSet) throw new Stop(state.delayedError ?? '');
  const value = state.value;
  state.unset();
  if (escaping === undefined || state.isSafe) return escaping === undefined ? value : cString(value);
  const escaped = escaping(cString(value));
  if (escaped !== value)
    trace?.({ span: program.span, depth: 0, action: 'escape', name: 'escape', value: escaped });
  return escaped;
}

/** One step (Dovecot 2.4.1 expansion-statement.c): the first one may be a variable, and then is. */
function runStep(state: State24, step: Step24, first: boolean): 'variable' | 'filter' {
  let delayed: ByteString | null = null;
  if (first) {
    try {
      state.setText(state.lookup(step.name));
      return 'variable';
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      state.unset();
      delayed = error.message;
    }
  }
  const filter = FILTERS.get(step.name);
  if (filter === undefined) {
    if (!first) throw new Stop(`No such function '${step.name}'`);
    state.delayedError = delayed;
    return 'variable';
  }
  try {
    filter(state, step);
    state.delayedError = null;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    state.unset();
    if (state.delayedError !== null) throw new Stop(state.delayedError);
    // A message that was never set is that of the variable look-up, or whatever memory holds.
    if (error instanceof LostMessage && !first) throw new DovecotCrash(error.message);
    const message = error instanceof LostMessage ? `Unknown variable '${step.name}'` : error.message;
    state.delayedError = `${step.name}: ${message}`;
  }
  return 'filter';
}
