import { changeOf } from './changes.js';

/** Fields with a meaning of their own, whatever settings are called. Dovecot 2.3.19.1 and 2.4.1 mail-storage-service.c */
const OWN = new Set(
  (
    'uid gid home chroot user system_groups_user chdir nice auth_mech auth_token auth_user admin local_name ' +
    'master_user login_user acl_user proxy host port ssl starttls'
  ).split(' '),
);

/** Shapes that changed altogether: what is returned instead. */
const CHANGED: readonly (readonly [name: RegExp, instead: string])[] = [
  [/^mail(?:_location)?$/, 'mail_driver and mail_path'],
  [/^quota_rule\d*$/, 'quota_storage_size'],
  [/^quota\d*$/, 'a section quota NAME { } of the configuration'],
];

/**
 * A field that a userdb returns sets the setting of its name. What 2.4 takes in the place of a 2.3 name; '' where there
 * is nothing, null where the name is the same or not known.
 */
export function successorOfField(name: string): string | null {
  if (OWN.has(name)) return null;
  for (const [pattern, instead] of CHANGED) if (pattern.test(name)) return instead;
  const change = changeOf(name) ?? changeOf(`plugin/${name}`);
  if (change === undefined || change.kind.startsWith('same_name') || change.names.includes(name)) return null;
  return change.names.join(', ');
}
