import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

/** Why no browser can be started here; null: it can. */
export function chromiumMissing(): string | null {
  return existsSync(PROGRAM) ? null : 'chromium is not installed';
}

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
}
