#!/usr/bin/env bash
# Runs every test, and says in the last lines which were skipped, for want of what. Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Most of a test's time is spent waiting.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-8}
SKIPPED_TESTS=$(mktemp)
export SKIPPED_TESTS
trap 'rm -f "$SKIPPED_TESTS"' EXIT

status=0
cargo test --locked "$@" || status=$?
# A line is `skipped: TEST: WHY`; a test may have several.
skipped=$(cut -d ' ' -f 2 "$SKIPPED_TESTS" | sort -u | wc -l)
if [ "$skipped" != 0 ]; then
    echo
    echo "$skipped tests were skipped or cut short, because:"
    cut -d ' ' -f 3- "$SKIPPED_TESTS" | sort -u | sed 's/^/  /'
fi
exit "$status"
