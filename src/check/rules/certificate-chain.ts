import { X509Certificate } from 'node:crypto';
import { BOTH, defineRule } from '../rule.js';
import { tlsPairs } from '../tls-files.js';

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

export const certificateChain = defineRule({
  code: 'DV515',
  name: 'certificate-chain',
  severity: 'warning',
  title: 'A certificate file whose chain is incomplete or out of order',
  versions: BOTH,
  check(context) {
    for (const { certificate } of tlsPairs(context)) {
      if (certificate?.look.kind !== 'file') continue;
      const chain = certificatesIn(certificate.look.read().toString('latin1'));
      const problem = chain.length === 0 ? null : problemOf(chain);
      if (problem !== null) context.report({ ...problem, place: certificate.place });
    }
  },
});

function certificatesIn(text: string): X509Certificate[] {
  return [...text.matchAll(PEM)].flatMap(([pem]) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}

function problemOf(chain: readonly X509Certificate[]): { message: string; help: string } | null {
  const [leaf] = chain;
  if (leaf === undefined) return null;
  if (leaf.ca && chain.length > 1)
    return {
      message: `The first certificate of the file is that of a CA (${nameOf(leaf)}): the server shows it as its own`,
      help: 'Put the server certificate first, then each issuer below it.',
    };
  const wrong = chain.findIndex((one, index) => index > 0 && chain[index - 1]?.checkIssued(one) !== true);
  if (wrong > 0)
    return {
      message: `Certificate ${wrong + 1} of the file (${nameOf(chain[wrong])}) has not issued the one above it: clients may find no way to a root`,
      help: 'Put the server certificate first, then each issuer below it, without others.',
    };
  if (
    chain.length === 1 &&
    !leaf.checkIssued(leaf) &&
    /CN=R\d+$|CN=E\d+$|Intermediate|Issuing|Sub CA|DV|TLS RSA|TLS ECC/im.test(leaf.issuer)
  )
    return {
      message: `The file holds no certificate of ${nameIn(leaf.issuer)}, which issued the server's: many clients cannot verify it`,
      help: 'Give the file with the whole chain (fullchain.pem).',
    };
  return null;
}

function nameOf(certificate: X509Certificate | undefined): string {
  return nameIn(certificate?.subject ?? '');
}

function nameIn(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
}
