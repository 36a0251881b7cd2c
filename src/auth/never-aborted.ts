let signal: AbortSignal | undefined;

/** For whoever gives no signal. Made at the first use: Node loads a module for it. */
export function neverAborted(): AbortSignal {
  signal ??= new AbortController().signal;
  return signal;
}
