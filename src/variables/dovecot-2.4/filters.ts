import { DovecotCrash } from './errors.js';
import { ifFilter, regexp } from './filters/conditions.js';
import { decrypt, encrypt } from './filters/crypt.js';
import { hash, md5, sha1, sha256, sha384, sha512 } from './filters/digests.js';
import { base64, hexlify, unbase64, unhexlify } from './filters/encodings.js';
import { benumber, calculate, hex, lenumber, unhex } from './filters/numbers.js';
import { substr, truncate } from './filters/range.js';
import * as text from './filters/text.js';
import type { FilterName } from './names.js';
import type { Filter } from './state.js';

/** Turns the caller's escaping off for this `%{}` (backport of 2.4.3 in Debian 13, observed 2.4.1-4). */
const safe: Filter = (state) => {
  if (!state.isSet) throw new DovecotCrash('safe without a value');
  state.isSafe = true;
};

const BY_NAME: Readonly<Record<FilterName, Filter>> = {
  lookup: text.lookup,
  literal: text.literal,
  calculate,
  concat: text.concat,
  upper: text.upper,
  lower: text.lower,
  hash,
  md5,
  sha1,
  sha256,
  sha384,
  sha512,
  base64,
  unbase64,
  hex,
  unhex,
  hexlify,
  unhexlify,
  default: text.defaultFilter,
  reverse: text.reverse,
  truncate,
  substr,
  ldap_dn: text.ldapDnFilter,
  if: ifFilter,
  regexp,
  lenumber,
  benumber,
  index: text.index,
  username: text.username,
  domain: text.domain,
  list: text.list,
  lfill: text.lfill,
  rfill: text.rfill,
  text: text.text,
  encrypt,
  decrypt,
  safe,
};

/** All filters of 2.4.1 by name. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map(Object.entries(BY_NAME));
