#!/bin/sh
# What action.yml runs: `dvproxy check` with the action's inputs, each from a variable.
#   DVPROXY_FILES    files or folders, separated by blanks or lines
#   DVPROXY_FORMAT   format (default: github)
#   DVPROXY_FAIL_ON  error, warning or info (default: error)
#   DVPROXY_BASELINE baseline file, or nothing
#   DVPROXY_OUTPUT   file for the report besides the annotations, or nothing
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
set -f
# The list of files is split at blanks on purpose.
# shellcheck disable=SC2086
set -- ${DVPROXY_FILES:-}
set -- check --format "${DVPROXY_FORMAT:-github}" --fail-on "${DVPROXY_FAIL_ON:-error}" \
  ${DVPROXY_BASELINE:+--baseline "$DVPROXY_BASELINE"} -- "$@"
if [ -z "${DVPROXY_OUTPUT:-}" ]; then
  exec node "$root/bin/dvproxy.js" "$@"
fi
node "$root/bin/dvproxy.js" "$@" > "$DVPROXY_OUTPUT"
code=$?
echo "dvproxy: report in $DVPROXY_OUTPUT"
exit "$code"
