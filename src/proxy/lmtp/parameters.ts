import type { ByteString } from '../../../grammar/bytes.js';
import { formatAddress, type SmtpAddress } from '../../config/smtp-address.js';
import type { Series } from '../../knowledge/versions.js';
import { decodeXtext, encodeXtext } from '../submission/smtp-text.js';
import { parseOriginalAddress } from './original-address.js';

/** What stands behind the path of MAIL. */
export interface MailParameters {
  readonly body: '7BIT' | '8BITMIME' | null;
  /** SMTPUTF8 (2.4) */
  readonly utf8: boolean;
}

/** ORCPT: the recipient as the first server was told it. RFC 3461 4.2 */
export interface OriginalRecipient {
  readonly type: ByteString;
  readonly text: ByteString;
}

/** What stands behind the path of RCPT. */
export interface RcptParameters {
  readonly original: OriginalRecipient | null;
  /** XRCPTFORWARD as it was sent; null = not given. */
  readonly forward: ByteString | null;
}

interface Refusal {
  readonly kind: 'refused';
  readonly status: 501 | 555;
  readonly text: ByteString;
}

type Parsed<T> = { readonly kind: 'ok'; readonly parameters: T } | Refusal;

interface Parameter {
  readonly name: ByteString;
  readonly value: ByteString | null;
}

/** Dovecot lib-smtp/smtp-params.c smtp_param_parse */
function parseParameter(text: ByteString): Parameter | ByteString {
  if (text === '') return 'Parameter is empty';
  const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(text);
  if (match === null) return 'Unexpected character in parameter keyword';
  const value = match[2] ?? null;
  if (value !== null && /[^!-<>-~]/.test(value)) return 'Unexpected character in parameter value';
  return { name: (match[1] ?? '').toUpperCase(), value };
}

/** Dovecot lib-smtp/smtp-parser.c smtp_parser_parse_xtext */
const BAD_XTEXT = "Invalid hexchar after '+' in xtext";

/** What is wrong with decoded xtext that must be text; null: nothing. Dovecot lib-smtp/smtp-syntax.c smtp_xtext_decode */
export function xtextMistake(decoded: ByteString | null): ByteString | null {
  if (decoded === null) return BAD_XTEXT;
  return decoded.includes('\0') ? 'Encountered NUL character in xtext' : null;
}

function syntax(text: ByteString): Refusal {
  return { kind: 'refused', status: 501, text };
}

const UNSUPPORTED: Refusal = { kind: 'refused', status: 555, text: 'Unsupported parameters' };

/** What a mail with names in UTF-8 needs is asked for. RFC 6531 3.4 */
interface MailRules {
  readonly series: Series;
  /** mail_utf8_extensions */
  readonly utf8: boolean;
}

const NO_UTF8: Refusal = {
  kind: 'refused',
  status: 555,
  text: 'Message requires SMTPUTF8, but next-hop server does not support that',
};

/** Dovecot lib-smtp/smtp-params.c smtp_params_mail_parse, with the capabilities of LMTP */
export function parseMailParameters(text: ByteString, { series, utf8 }: MailRules): Parsed<MailParameters> {
  let body: MailParameters['body'] = null;
  let isUtf8 = false;
  for (const part of text === '' ? [] : text.split(' ')) {
    const parameter = parseParameter(part);
    if (typeof parameter === 'string') return syntax(`Invalid MAIL parameter: ${parameter}`);
    if (parameter.name === 'SMTPUTF8' && series === '2.4') {
      if (!utf8) return NO_UTF8;
      isUtf8 = true;
      continue;
    }
    if (parameter.name !== 'BODY') return UNSUPPORTED;
    if (body !== null) return syntax('Duplicate BODY= parameter');
    if (parameter.value === null) return syntax('Missing BODY= parameter value');
    const value = parameter.value.toUpperCase();
    if (value !== '7BIT' && value !== '8BITMIME')
      return { kind: 'refused', status: 555, text: 'Unsupported mail BODY type' };
    body = value;
  }
  return { kind: 'ok', parameters: { body, utf8: isUtf8 } };
}

/** Dovecot lib-smtp/smtp-params.c smtp_params_rcpt_parse, with the capabilities of LMTP */
export function parseRcptParameters(text: ByteString): Parsed<RcptParameters> {
  let original: OriginalRecipient | null = null;
  let forward: ByteString | null = null;
  for (const part of text === '' ? [] : text.split(' ')) {
    const parameter = parseParameter(part);
    if (typeof parameter === 'string') return syntax(`Invalid RCPT parameter: ${parameter}`);
    switch (parameter.name) {
      case 'ORCPT': {
        if (original !== null) return syntax('Duplicate ORCPT= parameter');
        const parsed = parseOriginal(parameter.value);
        if (typeof parsed === 'string') return syntax(parsed);
        original = parsed;
        break;
      }
      case 'XRCPTFORWARD':
        forward ??= parameter.value ?? '';
        break;
      default:
        return UNSUPPORTED;
    }
  }
  return { kind: 'ok', parameters: { original, forward } };
}

/** Dovecot lib-smtp/smtp-params.c smtp_params_rcpt_parse_orcpt */
function parseOriginal(value: ByteString | null): OriginalRecipient | ByteString {
  if (value === null) return 'Missing ORCPT= parameter value';
  const match = /^([A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+);(.*)$/s.exec(value);
  if (match === null) return 'Invalid addr-type for ORCPT= parameter';
  const [, type = '', encoded = ''] = match;
  if (encoded === '') return 'Invalid ORCPT= parameter: Empty address value';
  const text = decodeXtext(encoded);
  if (text === null) return `Invalid ORCPT= parameter: ${BAD_XTEXT}`;
  if (/[^\t -~]/.test(text)) return 'Invalid ORCPT= address value: Contains non-printable characters';
  if (type.toLowerCase() !== 'rfc822') return { type, text };
  const address = parseOriginalAddress(text);
  if (address === null) return 'Invalid ORCPT= address value: Invalid RFC822 address';
  return { type, text: formatAddress(address) };
}

/** Only an address of mail is one. */
export function originalAddress({ original }: RcptParameters): ByteString | null {
  return original?.type.toLowerCase() === 'rfc822' ? original.text : null;
}

export function originalOf(address: SmtpAddress): OriginalRecipient {
  return { type: 'rfc822', text: formatAddress(address) };
}

export function formatOriginal({ type, text }: OriginalRecipient): ByteString {
  return `ORCPT=${type};${encodeXtext(text)}`;
}
