#!/usr/bin/env bash
# Runs every fuzz target in turn, each for FUZZTIME. A finding ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
time=${FUZZTIME:-10s}
count=0
for package in $("$go" list ./...); do
  targets=$("$go" test -list '^Fuzz' "$package" | grep '^Fuzz' || true)
  for target in $targets; do
    echo "== $package $target ($time)"
    "$go" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
    count=$((count + 1))
  done
done
echo "$count fuzz targets, no finding"
[ "$count" -gt 0 ]
