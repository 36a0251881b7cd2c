import type { ByteString } from '../../../grammar/bytes.js';
import { parseSize, parseTime, sizeText, timeText } from '../duration-size.js';
import type { ConfigProblemKind } from '../problem.js';
import type { ValueSetting } from './settings-table.js';

export type CheckedValue =
  | { readonly ok: true; readonly text: ByteString }
  | { readonly ok: false; readonly kind: ConfigProblemKind; readonly error: ByteString };

const UINT_MAX = 4294967295n;

/** Checks a value and gives it as doveconf prints it (Dovecot 2.3.19.1 settings-parser.c, config-request.c). */
export function checkValue(setting: ValueSetting, value: ByteString): CheckedValue {
  switch (setting.type) {
    case 'str':
    case 'str_vars':
      return ok(value);
    case 'enum':
      return setting.allowed.includes(value) ? ok(value) : bad('invalid-enum', `Invalid value: ${value}`);
    case 'bool':
      if (/^(?:yes|y|1)$/i.test(value)) return ok('yes');
      if (/^no$/i.test(value)) return ok('no');
      return bad('invalid-boolean', `Invalid boolean value: ${value} (use yes or no)`);
    case 'uint':
      return checkUint(value);
    case 'uint_oct': {
      if (!value.startsWith('0')) {
        const number = checkUint(value);
        return number.ok ? ok(`0${BigInt(number.text).toString(8)}`) : number;
      }
      if (!/^[0-7]+$/.test(value) || BigInt(`0o${value}`) > 0xffffffffffffffffn)
        return bad('invalid-number', `Invalid number: ${value}`);
      return ok(`0${BigInt.asUintN(32, BigInt(`0o${value}`)).toString(8)}`);
    }
    case 'time':
    case 'time_msecs': {
      const parsed = parseTime(value, setting.type === 'time_msecs' ? 'milliseconds' : 'seconds');
      return parsed.ok ? ok(timeText(parsed.value, setting.type)) : bad('invalid-time', parsed.error);
    }
    case 'size': {
      const parsed = parseSize(value);
      return parsed.ok ? ok(sizeText(parsed.value)) : bad('invalid-size', parsed.error);
    }
    case 'in_port':
      // Dovecot 2.3.19.1 network.c net_str2port_zero()
      if (!/^[0-9]+$/.test(value) || BigInt(value) > 65535n)
        return bad('invalid-port', `Invalid port number ${value}`);
      return ok(BigInt(value).toString());
  }
}

function checkUint(value: ByteString): CheckedValue {
  if (/^[0-9]+$/.test(value)) {
    const number = BigInt(value);
    return number > UINT_MAX ? notANumber(value, 'Number too large') : ok(number.toString());
  }
  // Dovecot 2.3.19.1 strnum.c str_num_error()
  return notANumber(value, /^-[0-9]+$/.test(value) ? 'Number too small' : 'Not a valid number');
}

function notANumber(value: ByteString, reason: string): CheckedValue {
  return bad('invalid-number', `Invalid number ${value}: ${reason}`);
}

function ok(text: ByteString): CheckedValue {
  return { ok: true, text };
}

function bad(kind: ConfigProblemKind, error: ByteString): CheckedValue {
  return { ok: false, kind, error };
}
