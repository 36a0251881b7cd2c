/** White space by byte: 1 where it is. */
export type WhiteBytes = Uint8Array;

function whiteBytes(...codes: number[]): WhiteBytes {
  const table = new Uint8Array(256);
  for (const code of codes) table[code] = 1;
  return table;
}

const BLANK_AND_TAB = whiteBytes(9, 32);
/** isspace() of the C locale. */
const SPACES = whiteBytes(9, 10, 11, 12, 13, 32);

/** Which words and quotes the line grammar of a language has. */
export interface LineDialect {
  /** White space inside a line (config-language.md section 1). */
  readonly white: WhiteBytes;
  /** 2.4: a key may be `"quoted"`. */
  readonly quotedKeys: boolean;
  /** 2.4: `group @label name {`. */
  readonly groups: boolean;
  /**
   * `.conf.ext` of 2.3: no `<file`, no `$`, no quoted names, anything may follow `{`, and blank and comment lines do
   * not end a continued line (Dovecot 2.3.19.1 lib-settings/settings.c).
   */
  readonly external: boolean;
}

export const DIALECTS: Readonly<Record<'2.3' | '2.4' | 'ext', LineDialect>> = {
  '2.3': { white: BLANK_AND_TAB, quotedKeys: false, groups: false, external: false },
  '2.4': { white: SPACES, quotedKeys: true, groups: true, external: false },
  ext: { white: BLANK_AND_TAB, quotedKeys: false, groups: false, external: true },
};
