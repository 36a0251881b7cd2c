// Passwords in the lines that a report shows. What counts as one follows doveconf (config-parser of both versions):
// settings ending in _password, _key, _nonce or _secret, and words beginning with pass, secret or key before a `=`.

const SECRET_SETTING =
  /^(\s*"?\w*_(?:password|key|nonce|secret)"?\s*=\s*|\s*(?:dnpass|password)\s*=\s*)(.+)$/;
const SECRET_WORD = /((?<![A-Za-z0-9_])(?:pass|secret|key|dnpass)\w*=)([^\s;:,'")]+)/g;
const USER_INFO = /((?:https?|ftp|mysql|postgres(?:ql)?):\/\/[^\s:@/]*:)([^\s@/]+)(?=@)/g;

// A stored password with its scheme, anywhere; the second field of a passwd-file's line.
const STORED = /((?<!%)\{[A-Za-z0-9][\w.-]*\})([^\s:'"}]+)/g;
const PASSWD_LINE = /^([^\s:={}#]+:)((?!\{)[^:\s]+)(?=:|$)/;

/** The line with the characters of its secrets as asterisks, so that columns stay where they are. */
export function maskSecrets(line: string): string {
  const setting = SECRET_SETTING.exec(line);
  // A reference to a file (`<path`, or a path) or a variable is no secret.
  if (setting !== null && !/^(?:<|\/|\$|%)/.test(setting[2] ?? ''))
    return `${setting[1]}${stars(setting[2] ?? '')}`;
  return line
    .replace(PASSWD_LINE, (_whole, head: string, secret: string) => head + stars(secret))
    .replace(STORED, (_whole, head: string, secret: string) => head + stars(secret))
    .replace(SECRET_WORD, (_whole, head: string, secret: string) =>
      /^[%$]/.test(secret) ? head + secret : head + stars(secret),
    )
    .replace(USER_INFO, (_whole, head: string, secret: string) => head + stars(secret));
}

function stars(text: string): string {
  return '*'.repeat(text.length);
}
