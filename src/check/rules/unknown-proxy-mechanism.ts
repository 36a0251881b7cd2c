import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule, listOf } from '../rule.js';

// dsasl-client.c of both versions.
const CLIENT_23 = ['EXTERNAL', 'LOGIN', 'OAUTHBEARER', 'PLAIN', 'XOAUTH2'];
const CLIENT_24 = [
  ...CLIENT_23,
  'ANONYMOUS',
  'SCRAM-SHA-1',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
].sort();

export const unknownProxyMechanism = defineRule({
  code: 'DV408',
  name: 'unknown-proxy-mechanism',
  severity: 'error',
  title: 'A proxy_mech that Dovecot cannot speak towards the backend',
  versions: BOTH,
  check({ config, series, report }) {
    const known = series === '2.3' ? CLIENT_23 : CLIENT_24;
    for (const field of fieldsNamed(config, 'proxy_mech')) {
      for (const { text, place } of field.literals) {
        if (known.includes(text.toUpperCase())) continue;
        const crash = series === '2.3' ? ', and the login process crashes' : '';
        report({
          message: `The proxy cannot speak ${text === '' ? 'an empty mechanism' : text} towards the backend: the login fails${crash}`,
          place,
          help: `Mechanisms towards a backend: ${listOf(known, 'and')}.`,
          dovecot: { message: `Unsupported SASL mechanism ${text}`, stage: 'runtime' },
        });
      }
    }
  },
});
