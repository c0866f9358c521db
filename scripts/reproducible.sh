#!/usr/bin/env bash
# Makes a release here and in a clone of the last commit, in another folder, at another time and with other settings of the
# shell, and compares the bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v git >/dev/null || { echo "reproducible: git is missing (Debian: apt-get install git)" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || { echo "reproducible: commit your changes first: a clone doesn't have them" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clone="$work/another and longer folder/clone"
unset SOURCE_DATE_EPOCH

bash scripts/dist.sh
echo "reproducible: making it again in a clone, which takes a few minutes"
(
    unset CARGO_TARGET_DIR
    umask 077
    git clone --quiet --no-hardlinks . "$clone"
    env TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOSTNAME=elsewhere bash "$clone/scripts/dist.sh" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; exit 1; }
)
diff --recursive dist "$clone/dist"
echo "reproducible: the clone made the same bytes"
