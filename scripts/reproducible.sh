#!/usr/bin/env bash
# Makes the archives of a release from two clones of the last commit, in two folders, at two times and under two
# configurations of the shell, and compares the bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v git >/dev/null || { echo "reproducible: git is missing (Debian: apt-get install git)" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || echo "reproducible: what is not committed is left out" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CARGO_TARGET_DIR SOURCE_DATE_EPOCH

# make_in FOLDER VARIABLE...: clones to FOLDER and makes the archives there.
make_in() {
    local folder=$work/$1
    shift
    git clone --quiet --no-hardlinks . "$folder"
    env "$@" bash "$folder/scripts/dist.sh" >"$folder.log" 2>&1 || { cat "$folder.log" >&2; return 1; }
}

echo "reproducible: building two clones, which takes a few minutes"
make_in one TZ=UTC LC_ALL=C &
first=$!
# By now, the clock shows another second.
sleep 2
(umask 077 && make_in "another/and longer folder" TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOSTNAME=elsewhere) &
second=$!
failed=0
wait "$first" || failed=1
wait "$second" || failed=1
[ "$failed" = 0 ]

for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl; do
    cmp "$work/one/target/$target/release/coveo-delete-key" "$work/another/and longer folder/target/$target/release/coveo-delete-key"
done
diff --recursive "$work/one/dist" "$work/another/and longer folder/dist"
cat "$work/one/dist/SHA256SUMS"
echo "reproducible: both clones made the same bytes"
