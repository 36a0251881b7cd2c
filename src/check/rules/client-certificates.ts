import type { Place } from '../../../grammar/source.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const clientCertificates = defineRule({
  code: 'DV516',
  name: 'client-certificates',
  severity: 'error',
  title: 'Client certificates are wanted, and nobody asks for them',
  versions: BOTH,
  check({ config, series, report }) {
    const { effective } = config;
    const asks = series === '2.3' ? 'ssl_verify_client_cert' : 'ssl_server_request_client_cert';
    const isAsked = isYes(effective.setting(asks)?.text);
    const place = (name: string): Place | null => {
      const origin = effective.setting(name)?.origin ?? null;
      return origin === null || !isYes(effective.setting(name)?.text) ? null : placeOfValue(origin);
    };
    const requires = place('auth_ssl_require_client_cert');
    const names = place('auth_ssl_username_from_cert');
    if (requires !== null && !isAsked)
      report({
        message: `Nobody can log in: a client certificate is required, and clients are not asked for one (${asks} = no)`,
        place: requires,
        help: `Add "${asks} = yes" and the CA of the clients.`,
      });
    if (names !== null && !isAsked)
      report({
        message: `The user name never comes from a certificate: clients are not asked for one (${asks} = no)`,
        place: names,
        severity: 'warning',
        help: `Add "${asks} = yes" and the CA of the clients.`,
      });
    else if (names !== null && requires === null)
      report({
        message: 'A client without a certificate may still give any name: the certificate is not required',
        place: names,
        severity: 'warning',
        help: 'Add "auth_ssl_require_client_cert = yes".',
      });
  },
});

function isYes(text: string | undefined): boolean {
  return ['yes', 'y', '1'].includes((text ?? '').toLowerCase());
}
