import type { ConnectionFilter, EffectiveConfig } from '../config/effective.js';
import type { CertificateSettings } from './login-client.js';

export function certificateSettings(config: EffectiveConfig, filter: ConnectionFilter): CertificateSettings {
  const isOn = (name: string) => /^(y|1)/i.test(config.setting(name, filter)?.text ?? '');
  return {
    required: isOn('auth_ssl_require_client_cert'),
    nameUser: isOn('auth_ssl_username_from_cert'),
  };
}
