import type { ByteString } from '../../../../grammar/bytes.js';
import type { FilterTree } from '../filter.js';

/** Structs that an extension reads when it is loaded. */
export const STRUCTS: Readonly<Record<string, readonly ByteString[]>> = {
  vacation: ['sieve_vacation'],
  subaddress: ['sieve_subaddress'],
  include: ['sieve_include'],
  variables: ['sieve_variables'],
  enotify: ['sieve_notify_mailto'],
  duplicate: ['sieve_duplicate'],
  editheader: ['sieve_editheader'],
  extlists: ['sieve_extlists'],
  spamtest: ['sieve_spamtest'],
  spamtestplus: ['sieve_spamtest'],
  virustest: ['sieve_virustest'],
  'vnd.dovecot.environment': ['sieve_vnd_environment'],
  'vnd.dovecot.report': ['sieve_report'],
  'vnd.dovecot.pipe': ['sieve_ext_pipe'],
  'vnd.dovecot.filter': ['sieve_ext_filter'],
  'vnd.dovecot.execute': ['sieve_ext_execute'],
};

const READ_AT_START: ReadonlySet<ByteString> = new Set(['sieve', ...Object.values(STRUCTS).flat()]);

/** Whether the configuration sets anything that Sieve reads at its start: built-in values are right. */
export function setsSieve({ all, table }: FilterTree): boolean {
  const isRead = (name: ByteString) =>
    table.findSetting(name)?.structs.some((struct) => READ_AT_START.has(table.structs[struct]?.name ?? ''));
  let found = false;
  for (const filter of all) {
    if (filter.isDefault) continue;
    filter.values.forEach((value, name) => {
      found ||= value.kind !== 'names' && isRead(name) === true;
    });
  }
  return found;
}
