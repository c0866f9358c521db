#!/usr/bin/env bash
# Shows the real binary, or the COMMAND given, at work on a fake organization over HTTPS, and fails if anything comes out
# other than expected.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "demo: building, which takes about a minute the first time"
cargo build --quiet --locked --bin coveo-delete-key --example fake-coveo
target=${CARGO_TARGET_DIR:-target}/debug
log=$(mktemp)
"$target/examples/fake-coveo" >"$log" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log"' EXIT

for _ in $(seq 100); do
    grep -q '^# Other' "$log" && break
    kill -0 "$server" || { echo "demo: the fake organization did not start" >&2; exit 1; }
    sleep 0.1
done
eval "$(grep '^export ' "$log")"
expired=$(sed -n 's/^# *\(xx[^ ]*\) *has expired.*/\1/p' "$log")
key=$(sed -n 's/^#   \([a-z0-9]\{26\}\) .*/\1/p' "$log" | head -n 1)
[ $# -gt 0 ] || set -- "$target/coveo-delete-key"
command=("$@")

echo "A Coveo organization runs on this machine:"
echo "  COVEO_ENDPOINT=$COVEO_ENDPOINT"
echo "  COVEO_ORGANIZATION_ID=$COVEO_ORGANIZATION_ID"

# show STATUS TEXT ARGUMENT...: runs the binary, and checks its exit status and that TEXT is in what it prints.
show() {
    local want=$1 text=$2 status=0 printed
    shift 2
    echo
    printf '$ coveo-delete-key'
    for word in "$@"; do
        case $word in
            '' | *[' *']*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    echo
    printed=$("${command[@]}" "$@" 2>&1) || status=$?
    printf '%s\n[exit status %s]\n' "$printed" "$status"
    if [ "$status" != "$want" ] || [[ $printed != *"$text"* ]]; then
        echo "demo: expected exit status $want and \"$text\"" >&2
        exit 1
    fi
}

echo; echo "# Find a key."
show 0 "CI build 1041" --list --name 'CI build *'
echo; echo "# Look first: nothing is changed."
show 0 "would delete $key" --dry-run "$key"
echo; echo "# Disable a key, and undo it."
show 0 "disabled $key in $COVEO_ORGANIZATION_ID" --disable "$key"
show 0 "activated $key in $COVEO_ORGANIZATION_ID" --activate "$key"
echo; echo "# Delete a key."
show 0 "deleted $key from $COVEO_ORGANIZATION_ID" "$key"
echo; echo "# The same again: the key no longer exists."
show 5 "no such key $key" "$key"
show 0 "$key is already gone" --ignore-not-found "$key"
echo; echo "# A token that has expired."
COVEO_ACCESS_TOKEN=$expired show 3 "the access token in COVEO_ACCESS_TOKEN was refused" "$key"
echo; echo "# A variable that is not set."
show 2 "a KEY_ID is empty" ""
echo
echo "demo: all as expected"
