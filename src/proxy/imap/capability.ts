import type { ByteString } from '../../../grammar/bytes.js';
import type { LoginSettings } from '../../config/effective.js';

/** Before LITERAL+. Dovecot 2.3.19.1 configure.ac CAPABILITY_BANNER_STRING */
const BANNER_23 = 'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE';
/** Default of imap_capability in the login process. Dovecot 2.4.1 imap-login-settings.c */
const BANNER_24 = ['IMAP4rev1', 'LOGIN-REFERRALS', 'ID', 'ENABLE', 'IDLE', 'SASL-IR', 'LITERAL+', 'LITERAL-'];

/** What the connection is like when the list is made. */
export interface CapabilityState {
  /** STARTTLS can be offered. */
  readonly canStartTls: boolean;
  readonly loginDisabled: boolean;
  /** Mechanisms that may be used now. */
  readonly mechanisms: readonly ByteString[];
}

function base23(text: ByteString, literalMinus: boolean): ByteString {
  const literal = literalMinus ? 'LITERAL-' : 'LITERAL+';
  if (text === '') return `${BANNER_23} ${literal}`;
  if (text.startsWith('+')) return `${BANNER_23} ${text.slice(1)} ${literal}`;
  // A whole list is taken as it is, without LITERAL+. Dovecot 2.3.19.1 imap-login-client.c get_capability
  return text;
}

function base24(
  entries: ReadonlyMap<ByteString, boolean>,
  replaced: boolean,
  literalMinus: boolean,
): ByteString {
  const on = [...entries].filter(([, enabled]) => enabled).map(([name]) => name);
  const kept = replaced ? [] : BANNER_24.filter((name) => !entries.has(name));
  const dropped = literalMinus ? 'LITERAL+' : 'LITERAL-';
  // New entries come before the defaults, IMAP4* always first. observed 2.4.1, lib-imap/imap-util.c
  const all = [...new Set([...on, ...kept])].filter((name) => name !== dropped);
  return [
    ...all.filter((name) => name.startsWith('IMAP4')),
    ...all.filter((name) => !name.startsWith('IMAP4')),
  ].join(' ');
}

function baseOf({ imapCapability, imapLiteralMinus }: LoginSettings): ByteString {
  return 'text' in imapCapability
    ? base23(imapCapability.text, imapLiteralMinus)
    : base24(imapCapability.entries, imapCapability.replaced, imapLiteralMinus);
}

/** Every connection is greeted with it. */
const BASES = new WeakMap<LoginSettings, ByteString>();

/** The list of the greeting and of CAPABILITY before login. */
export function loginCapabilities(settings: LoginSettings, state: CapabilityState): ByteString {
  let base = BASES.get(settings);
  if (base === undefined) {
    base = baseOf(settings);
    BASES.set(settings, base);
  }
  let list = base;
  const add = (name: ByteString) => {
    list = list === '' ? name : `${list} ${name}`;
  };
  if (state.canStartTls) add('STARTTLS');
  if (state.loginDisabled) add('LOGINDISABLED');
  for (const mechanism of state.mechanisms) add(`AUTH=${mechanism}`);
  return list;
}
