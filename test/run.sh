#!/usr/bin/env bash
# The whole suite: lint, then every test, with the race detector where there is
# a C compiler. FANFARE_TEST_REQUIRE=all makes it a failure when something that
# this machine lacks cannot be run.
set -uo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
missing=()
failed=0

suite() { # name, command...
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@" || failed=1
  echo "== $name: $((SECONDS - began)) s"
}

race=(-race)
if ! command -v gcc >/dev/null && ! command -v clang >/dev/null; then
  race=()
  missing+=("the race detector: no C compiler (gcc or clang)")
fi

# These run other people's programs.
foreign=$("$go" list ./test/clients)
jobs=$("$go" list ./test/jobs)
if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
  foreign=
  jobs=
  missing+=("the tests against foreign clients (test/clients), and of jobs against Azurite (test/jobs): no npm, or no node of version 20 or later")
fi

# Packages that drive whole processes build the binary themselves; the race
# detector would only slow the test's own side down.
whole=$("$go" list ./test/crash)
rest=$("$go" list ./... | grep -vxF "$whole" | grep -vx ".*/test/\(clients\|jobs\)")

suite lint make --no-print-directory lint GO="$go"
# shellcheck disable=SC2086
suite "tests${race:+ with the race detector}" "$go" test "${race[@]}" -timeout 20m $rest $foreign
# shellcheck disable=SC2086
suite "crash tests" "$go" test -count=1 -timeout 25m $whole $jobs

if [ ${#missing[@]} -gt 0 ]; then
  echo "not run on this machine:"
  printf '  %s\n' "${missing[@]}"
  if [ "${FANFARE_TEST_REQUIRE:-}" = all ]; then
    echo "FANFARE_TEST_REQUIRE=all: that is a failure"
    failed=1
  fi
else
  echo "everything was run"
fi
exit $failed
