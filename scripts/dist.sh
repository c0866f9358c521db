#!/usr/bin/env bash
# Makes the archives of a release in dist/, the same bytes wherever they are made, and their SHA256SUMS.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# Every file is as old as the commit.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p dist
rm -f dist/coveo-delete-key-*.tar.gz dist/SHA256SUMS

for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl; do
    bash scripts/static.sh "$target"
    name=coveo-delete-key-$version-$target
    mkdir "$stage/$name"
    install -m 755 "${CARGO_TARGET_DIR:-target}/$target/release/coveo-delete-key" "$stage/$name/"
    install -m 644 README.md LICENSE CHANGELOG.md doc/coveo-delete-key.1 "$stage/$name/"
    chmod 755 "$stage/$name"
    tar --create --directory "$stage" --format ustar --sort name --owner 0 --group 0 --numeric-owner \
        --mtime "@$epoch" "$name" | gzip --best --no-name >"dist/$name.tar.gz"
done
cd dist
sha256sum coveo-delete-key-*.tar.gz >SHA256SUMS
cat SHA256SUMS
