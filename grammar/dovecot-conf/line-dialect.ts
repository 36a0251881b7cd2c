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
  /** 2.4.5: in quotes a backslash stands before another one or before `"` alone, in keys and names, too. */
  readonly strictEscapes: boolean;
  /** 2.4.5: `key = <<MARKER`, lines, `MARKER`. */
  readonly heredocs: boolean;
}

/** A version of the main language. */
export type Language = '2.3' | '2.4' | '2.4.5';

const EXTERNAL: LineDialect = {
  white: BLANK_AND_TAB,
  quotedKeys: false,
  groups: false,
  external: true,
  strictEscapes: false,
  heredocs: false,
};

const OF_2_4: LineDialect = { ...EXTERNAL, white: SPACES, quotedKeys: true, groups: true, external: false };

export const DIALECTS: Readonly<Record<Language | 'ext', LineDialect>> = {
  '2.3': { ...EXTERNAL, external: false },
  '2.4': OF_2_4,
  // Dovecot 2.4.5 config-parser.c config_parse_line()
  '2.4.5': { ...OF_2_4, strictEscapes: true, heredocs: true },
  ext: EXTERNAL,
};
