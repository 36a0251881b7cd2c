/** 2.3 itself fails with this text at each request; the message is Dovecot's. */
export class AlwaysFails extends Error {}
