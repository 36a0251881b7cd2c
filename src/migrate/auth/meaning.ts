import type { Place } from '../../../grammar/source.js';
import type { ChangeDraft, NewStatement, Question } from '../change.js';
import type { MigrationContext } from '../migration-context.js';
import { change, type NewField, newSetting, type OldBlock } from './block-part.js';
import { passwdFileArgs } from './passwd-file.js';

// What changed its meaning without changing its name (auth-chain.md section 0).

/** Schemes that 2.4.1 refuses without auth_allow_weak_schemes. Dovecot 2.4.1 password-scheme.c */
const WEAK = /^(?:MD5|MD5-CRYPT|SMD5|HMAC-MD5|PLAIN-MD4|PLAIN-MD5|LDAP-MD5|DES-CRYPT)$/i;

/** Drivers whose passwords nobody sees before they are asked. */
const UNSEEN: ReadonlySet<string> = new Set(['sql', 'ldap', 'dict', 'lua', 'passwd']);

const WEAK_QUESTION: Question = {
  key: 'DV775',
  text: 'Some passwords may be stored with weak schemes (MD5, MD5-CRYPT, SMD5, PLAIN-MD5, LDAP-MD5, DES-CRYPT, ...), which 2.4 refuses. Should it accept them?',
  choices: [
    { name: 'yes', meaning: 'as in 2.3; 2.4 warns at each start' },
    { name: 'no', meaning: 'users with such passwords cannot log in until they have new ones' },
  ],
  default: 'yes',
};

/** What was said in a migration: some things are said of all passdbs at the first one. */
const told = new WeakMap<MigrationContext, Set<string>>();

function isFirstTime(context: MigrationContext, code: string): boolean {
  const codes = told.get(context) ?? new Set();
  told.set(context, codes);
  if (codes.has(code)) return false;
  codes.add(code);
  return true;
}

/** Blocks that need `auth_allow_weak_schemes`: the first one of each migration. */
const weak = new WeakMap<MigrationContext, Place>();

/** Takes note of a passdb whose passwords may be stored with weak schemes. */
export function noteWeakSchemes(old: OldBlock, place: Place): void {
  if (!weak.has(old.context) && mayBeWeak(old)) weak.set(old.context, place);
}

/** What the passdbs that were translated want of the whole auth process, for the beginning of the main file. */
export function chainPins(context: MigrationContext): readonly NewStatement[] {
  const place = weak.get(context);
  if (place === undefined) return [];
  const reason =
    '2.4 refuses passwords that are stored with weak schemes unless it is told to accept them; such a login fails temporarily.';
  const draft = change('DV775', 'decide', reason, place, WEAK_QUESTION);
  return [newSetting('auth_allow_weak_schemes', context.answer(WEAK_QUESTION), [draft])];
}

function mayBeWeak({ kind, driver, args, context, block }: OldBlock): boolean {
  if (kind !== 'passdb' || block === null) return false;
  if (UNSEEN.has(driver)) return true;
  if (driver === 'static') return hasWeak(args);
  if (driver !== 'passwd-file') return false;
  const { scheme, path } = passwdFileArgs(args);
  if (scheme !== null && WEAK.test(scheme)) return true;
  const text = path.includes('%') ? null : context.readFile(path);
  // CRYPT takes the old DES and MD5 forms as well, which do not name themselves.
  return (
    text === null ||
    hasWeak(text) ||
    /^[^:\n]*:(?:\$1\$|[./0-9A-Za-z]{13}(?::|$)|_[./0-9A-Za-z]{19})/m.test(text) ||
    /^[^:\n]*:[^:\n]*\[(?:13|34)\]/m.test(text)
  );
}

function hasWeak(text: string): boolean {
  return [...text.matchAll(/\{([A-Za-z0-9-]+)(?:\.\w+)?\}/g)].some(([, name = '']) => WEAK.test(name));
}

/** 2.3 loses the default fields of an SQL passdb that asks in a worker (observed 2.3.19.1 with SQLite). */
export function defaultFieldsOf(old: OldBlock, fields: readonly NewField[]): readonly NewField[] {
  if (!losesDefaults(old)) return fields;
  return old.context.answer(LOST_QUESTION) === 'keep' ? fields : [];
}

const LOST_QUESTION: Question = {
  key: 'DV782',
  text: 'Dovecot 2.3 loses the default_fields of an SQL passdb with MySQL or SQLite. Should 2.4 give them?',
  choices: [
    { name: 'drop', meaning: 'as in 2.3: nobody gets them' },
    { name: 'keep', meaning: 'as written: answers have more fields than they had' },
  ],
  default: 'drop',
};

function losesDefaults({ kind, driver, args, block, context }: OldBlock): boolean {
  if (kind !== 'passdb' || driver !== 'sql' || (block?.defaultFields.length ?? 0) === 0) return false;
  return /^(?:mysql|sqlite)$/.test(context.config.extFile(args, 'sql').get('driver'));
}

const ONCE: ReadonlySet<string> = new Set(['DV780', 'DV781', 'DV788', 'DV789']);

/** What is to be said of a block whose statements all went over. */
export function meaningChanges(old: OldBlock, fields: readonly NewField[], place: Place): ChangeDraft[] {
  const { kind, driver, block, context } = old;
  const changes: ChangeDraft[] = [];
  const tell = (
    code: ChangeDraft['code'],
    certainty: ChangeDraft['kind'],
    reason: string,
    question?: Question,
  ): void => {
    if (ONCE.has(code) && !isFirstTime(context, code)) return;
    changes.push(change(code, certainty, reason, place, question));
  };
  if (losesDefaults(old))
    tell(
      'DV782',
      'decide',
      '2.3 loses the default_fields of an SQL passdb with MySQL or SQLite: they are left out here.',
      LOST_QUESTION,
    );
  if (kind === 'userdb' || block === null) return changes;
  if (UNSEEN.has(driver) || driver === 'passwd-file')
    tell(
      'DV780',
      'equivalent',
      'A stored password that does not fit its scheme, or a scheme that does not exist, is a failed login in 2.3; in 2.4 it is a temporary failure, and an empty one with the scheme PLAIN accepts the empty password.',
    );
  const grantsWithout = (field: { readonly name: string }): boolean =>
    /^(?:nopassword|noauthenticate)\b/.test(field.name);
  if (UNSEEN.has(driver) || driver === 'passwd-file' || fields.some(grantsWithout))
    tell(
      'DV781',
      'equivalent',
      'Where nopassword stands beside a password, 2.4 takes any password; 2.3 does so only if nopassword comes first.',
    );
  if (UNSEEN.has(driver) || driver === 'passwd-file' || fields.some(grantsWithout))
    tell(
      'DV789',
      'equivalent',
      'noauthenticate in the last passdb is a temporary failure in 2.3; 2.4 lets in whom an earlier passdb has accepted.',
    );
  const renames = [...block.defaultFields, ...block.overrideFields].find(({ name }) =>
    /^(?:user|username|domain|login_user)(?::|$)/.test(name),
  );
  if (renames !== undefined)
    tell(
      'DV783',
      'equivalent',
      `${renames.name} changes the user name: default_fields of 2.3 do so before the look-up, override_fields after every look-up, even one that finds nobody. In 2.4 only a user who was found gets the new name, after the look-up.`,
    );
  tell(
    'DV788',
    'equivalent',
    '2.4 fails where 2.3 logs an error and goes on: a port, proxy_timeout, source_ip or hostip that is none, and a hostip that is not the host. It knows no port for ssl = yes with LMTP, where 2.3 takes 24.',
  );
  return changes;
}
