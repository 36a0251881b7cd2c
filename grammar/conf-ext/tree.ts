import type { ConfTree } from '../dovecot-conf/tree.js';

/**
 * The lossless syntax tree of one `*.conf.ext` file of 2.3 (config-language.md section 7). The nodes are those of the
 * main language; here a value is only ever `text` or `quoted`, a section name is a bare word, and no group has a label.
 * Whether sections mean anything depends on the kind of file.
 */
export type ConfExtTree = ConfTree;
