/** A whole Debian 13 with Dovecot 2.4.1, made by debootstrap (.ci/install-servers); its programs run by chroot. */
export const DOVECOT_24_ROOT = process.env['DVPROXY_DOVECOT_24_ROOT'] ?? '/var/cache/dvproxy/debian-13';
