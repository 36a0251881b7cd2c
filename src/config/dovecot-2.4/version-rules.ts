import type { Version24 } from '../../knowledge/versions.js';

/** How versions of 2.4 read and print differently, settings tables and the line language apart. */
export interface VersionRules {
  /** `%{...}` that cannot be parsed is an error of its line; before, doveconf aborted when it handed all values on. */
  readonly checksExpressions: boolean;
  /** `$SET:` is looked up when everything is read, in the sections around, too, and by paths. */
  readonly looksUpLate: boolean;
  /** `@label = name` takes over the group's settings where it stands; before, at the end. */
  readonly fillsGroupsAtUse: boolean;
  /** Before `dovecot_config_version` lines that cannot be read are passed over. */
  readonly ignoresBrokenHead: boolean;
  /** Which sections a name was looked for as, and settings that are no sections, are told. */
  readonly explainsSections: boolean;
  /** A struct with a value that nobody knows yet is not checked; before, such values had a name of their own. */
  readonly skipsUnknownStructs: boolean;
  /** Built-in values are those of the time of `dovecot_config_version`; before, doveconf alone printed them so. */
  readonly appliesOldDefaults: boolean;
  /** Limits of services come from the global ones by `$SET:`; before, they were copied at the end. */
  readonly limitsByReference: boolean;
  /** doveconf keeps `F_key` inside `F { }` for names with a `/` alone. */
  readonly asksPlainNames: boolean;
  /** Global settings that stand in a named filter are not printed beside it. */
  readonly hidesGrouped: boolean;
  /** Line of config-parser.c that aborts at the value of an alias. */
  readonly aliasLine: number;
}

/** Dovecot 2.4.1 and 2.4.5, src/config. */
const RULES: Readonly<Record<Version24, VersionRules>> = {
  '2.4.1': {
    checksExpressions: false,
    looksUpLate: false,
    fillsGroupsAtUse: false,
    ignoresBrokenHead: false,
    explainsSections: false,
    skipsUnknownStructs: false,
    appliesOldDefaults: false,
    limitsByReference: false,
    asksPlainNames: false,
    hidesGrouped: false,
    aliasLine: 488,
  },
  '2.4.5': {
    checksExpressions: true,
    looksUpLate: true,
    fillsGroupsAtUse: true,
    ignoresBrokenHead: true,
    explainsSections: true,
    skipsUnknownStructs: true,
    appliesOldDefaults: true,
    limitsByReference: true,
    asksPlainNames: true,
    hidesGrouped: true,
    aliasLine: 748,
  },
};

export function rulesOf(version: Version24): VersionRules {
  return RULES[version];
}
