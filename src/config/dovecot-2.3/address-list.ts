/** What a list of addresses may hold without a port. Dovecot 2.3.19.1 net.c is_ipv4_address(), is_ipv6_address() */
export function isIpAddress(text: string): boolean {
  return /^[0-9.]*$/.test(text) || /^\[?[0-9a-f:]*$|^\[[0-9a-f:]*\]$/i.test(text);
}
