#!/bin/sh
# What the pre-commit hooks run: builds its own clone once, then checks. Needs Node.js 20.19 or newer.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -e "$root/dist/cli.cjs" ]; then
  (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >&2)
fi
exec node "$root/bin/dvproxy.js" check "$@"
