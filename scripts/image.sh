#!/usr/bin/env bash
# Packs the two static files of Linux into one multi-arch container image, dist/coveo-delete-key-VERSION-oci.tar. The
# archive has the same bytes wherever it is made.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for program in buildah jq; do
    command -v "$program" >/dev/null || missing+=("$program")
done
if [ "${#missing[@]}" -gt 0 ]; then
    echo "image: missing: ${missing[*]} (Debian: apt-get install ${missing[*]})" >&2
    exit 1
fi

# field NAME: a field of the package in Cargo.toml.
field() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" Cargo.toml | head -n 1; }
version=$(field version)
name=coveo-delete-key-$version-oci
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A storage that is used once: no image of this machine is read or changed, and the driver vfs works in containers too.
storage() { buildah --root "$work/root" --runroot "$work/run" --storage-driver vfs "$@"; }

# add ARCHITECTURE TARGET: adds the image of one architecture to the index.
add() {
    local container file=${CARGO_TARGET_DIR:-target}/$2/release/coveo-delete-key
    [ -f "$file" ] || { echo "image: $file is missing (make static TARGET=$2)" >&2; exit 1; }
    container=$(storage from --arch "$1" scratch)
    # Permissions of this machine and of umask must not get into the layer.
    storage copy --quiet --chmod 755 --chown 0:0 "$container" "$file" /coveo-delete-key >/dev/null
    storage config --user 65534:65534 --entrypoint '["/coveo-delete-key"]' --cmd '' \
        --created-by "COPY coveo-delete-key /" \
        --label "org.opencontainers.image.title=coveo-delete-key" \
        --label "org.opencontainers.image.description=$(field description)" \
        --label "org.opencontainers.image.version=$version" \
        --label "org.opencontainers.image.revision=$revision" \
        --label "org.opencontainers.image.source=$(field repository)" \
        --label "org.opencontainers.image.licenses=$(field license)" "$container"
    storage commit --quiet --format oci --identity-label=false --timestamp "$epoch" --manifest "$name" \
        "$container" >/dev/null
}

add amd64 x86_64-unknown-linux-musl
add arm64 aarch64-unknown-linux-musl
storage manifest push --quiet --all --format oci "$name" "oci:$work/image:coveo-delete-key:$version" >/dev/null
mkdir -p dist
# Unlike an archive that buildah writes, this one has no times of its own.
tar --create --directory "$work/image" --format ustar --sort name --mtime "@$epoch" --owner 0 --group 0 --numeric-owner \
    --mode u=rwX,go=rX --file "dist/$name.tar" .
printf 'dist/%s.tar: %d bytes, %s\n' "$name" "$(stat -c %s "dist/$name.tar")" \
    "$(jq -r '.manifests[0].digest' "$work/image/index.json")"
