/**
 * 4 or 6 for the text of an IP address, as inet_pton(3) takes it (IPv6 with a zone too), else 0. node:net's isIP says
 * the same, but loading that module with all its streams takes longer than checking a small configuration.
 */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (isIpv4(text)) return 4;
  return isIpv6(text) ? 6 : 0;
}

/** Four decimal numbers below 256 without leading zeros. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function isIpv4(text: string): boolean {
  return IPV4.test(text);
}

function isIpv6(text: string): boolean {
  const percent = text.indexOf('%');
  if (percent !== -1 && !/^[0-9a-zA-Z.:-]+$/.test(text.slice(percent + 1))) return false;
  let address = percent === -1 ? text : text.slice(0, percent);
  const lastColon = address.lastIndexOf(':');
  if (lastColon === -1) return false;
  // Dotted IPv4 at the end stands for two groups.
  if (address.includes('.')) {
    if (!isIpv4(address.slice(lastColon + 1))) return false;
    address = `${address.slice(0, lastColon + 1)}0:0`;
  }
  const [before = '', after, more] = address.split('::');
  if (more !== undefined) return false;
  const groups = [before, after ?? ''].flatMap((part) => (part === '' ? [] : part.split(':')));
  const isWhole = after === undefined ? groups.length === 8 : groups.length < 8;
  return isWhole && groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
}
