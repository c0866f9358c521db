#!/usr/bin/env bash
# Runs every test that this machine can run, and lists the skipped ones and why at the end. Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Most of a test's time is spent waiting.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-8}
SKIPPED_TESTS=$(mktemp)
export SKIPPED_TESTS
batch=$(mktemp)
trap 'rm -f "$SKIPPED_TESTS" "$batch"' EXIT

status=0
if [ $# = 0 ]; then
    cargo test --locked --no-run
    # This suite waits for 30 s, and computes little.
    cargo test --locked --test batch >"$batch" 2>&1 &
    others=(--bins)
    for main in tests/*/main.rs; do
        [ "$main" = tests/batch/main.rs ] || others+=(--test "$(basename "${main%/main.rs}")")
    done
    cargo test --locked --no-fail-fast "${others[@]}" || status=$?
    wait $! || status=$?
    cat "$batch"
else
    cargo test --locked "$@" || status=$?
fi
# A line is `skipped: TEST: WHY`; a test may have several.
skipped=$(cut -d ' ' -f 2 "$SKIPPED_TESTS" | sort -u | wc -l)
if [ "$skipped" != 0 ]; then
    echo
    echo "$skipped tests were skipped or cut short, because (make test-all skips nothing):"
    cut -d ' ' -f 3- "$SKIPPED_TESTS" | sort -u | sed 's/^/  /'
fi
exit "$status"
