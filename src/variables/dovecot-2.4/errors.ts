/** An error of a filter; Dovecot keeps it for later, a following filter may repair it. */
export class FilterError extends Error {}

/** An error whose text Dovecot forgets to hand on. */
export class LostMessage extends FilterError {}

export const TOO_LONG = 'a value that takes more memory than is sensible';

/** Where real Dovecot dies or hangs. */
export class DovecotCrash extends Error {}
