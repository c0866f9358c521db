#!/usr/bin/env bash
# Makes a release in dist/, the same bytes wherever it is made: an archive and an SBOM per target, a container image, and
# their SHA256SUMS.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
source scripts/tools.sh

targets=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu aarch64-apple-darwin
    x86_64-apple-darwin)
documents=(README.md LICENSE CHANGELOG.md doc/coveo-delete-key.1 doc/result.schema.json)
completions=(coveo-delete-key.bash _coveo-delete-key coveo-delete-key.fish _coveo-delete-key.ps1)

for file in "${documents[@]}" "${completions[@]/#/doc/completions/}"; do
    [ -f "$file" ] || { echo "dist: $file is missing" >&2; exit 1; }
done
command -v zip >/dev/null || { echo "dist: zip is missing (Debian: apt-get install zip)" >&2; exit 1; }
command -v buildah >/dev/null || { echo "dist: buildah is missing (Debian: apt-get install buildah)" >&2; exit 1; }
command -v cargo-cyclonedx >/dev/null || { echo "dist: cargo-cyclonedx is missing (make tools)" >&2; exit 1; }

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# Every file is as old as the commit.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p dist
rm -f dist/coveo-delete-key-* dist/SHA256SUMS

# archive TARGET NAME: packs the binary and what belongs to it, below one folder.
archive() {
    local target=$1 name=$2 folder=$stage/$2 program=coveo-delete-key
    [[ $target != *windows* ]] || program=$program.exe
    mkdir -p "$folder/completions"
    install -m 755 "${CARGO_TARGET_DIR:-target}/$target/release/$program" "$folder/"
    install -m 644 "${documents[@]}" "$folder/"
    install -m 644 "${completions[@]/#/doc/completions/}" "$folder/completions/"
    find "$folder" -type d -exec chmod 755 {} +
    find "$folder" -exec touch --no-dereference --date "@$epoch" {} +
    if [[ $target == *windows* ]]; then
        # A zip has local times, and files in the order in which they are named.
        (cd "$stage" && find "$name" -type f | LC_ALL=C sort | TZ=UTC zip -q -9 -X "$name.zip" -@)
        mv "$stage/$name.zip" dist/
    else
        tar --create --directory "$stage" --format ustar --sort name --owner 0 --group 0 --numeric-owner "$name" |
            gzip --best --no-name >"dist/$name.tar.gz"
    fi
}

# sbom TARGET NAME: lists the crates of the binary as CycloneDX. cargo-cyclonedx writes next to the sources, so it
# gets a copy of them, and it names their folder.
sbom() {
    local sources=$stage/sources
    if [ ! -d "$sources" ]; then
        mkdir "$sources"
        tar --create --exclude ./target --exclude ./dist --exclude ./.git . | tar --extract --directory "$sources"
    fi
    (cd "$sources" && SOURCE_DATE_EPOCH=$epoch cargo cyclonedx --quiet --format json --spec-version 1.5 \
        --describe binaries --target "$1")
    sed 's|path+file://[^"#]*#|path+file:///src#|g' "$sources/coveo-delete-key_bin.cdx.json" >"dist/$2.cdx.json"
}

for target in "${targets[@]}"; do
    name=coveo-delete-key-$version-$target
    bash scripts/static.sh "$target"
    archive "$target" "$name"
    sbom "$target" "$name"
done
SOURCE_DATE_EPOCH=$epoch bash scripts/image.sh
cd dist
sha256sum coveo-delete-key-* >SHA256SUMS
cat SHA256SUMS
