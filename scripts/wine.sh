#!/usr/bin/env bash
# Runs the Windows program under Wine: unit tests, suites, RUNS=100 runs of the randomized test, and the demo.
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-pc-windows-gnu
linker=x86_64-w64-mingw32-gcc
command -v wine >/dev/null || { echo "wine: wine is missing (Debian: apt-get install wine wine64)" >&2; exit 1; }
command -v "$linker" >/dev/null || { echo "wine: $linker is missing (Debian: apt-get install gcc-mingw-w64-x86-64)" >&2; exit 1; }

folder=${CARGO_TARGET_DIR:-target}/wine
mkdir -p "$folder"
WINEPREFIX=$(cd "$folder" && pwd -P)
# No window, no messages from Wine, and nothing that runs .NET or HTML.
export WINEPREFIX WINEDEBUG=-all DISPLAY='' WINEDLLOVERRIDES="mscoree,mshtml="
trap 'wineserver --kill || true' EXIT
wineboot --init >/dev/null 2>&1
system=$WINEPREFIX/drive_c/windows/system32
if [ ! -e "$system/bcryptprimitives.dll" ]; then
    "$linker" -shared -nostdlib -Wl,--entry=0 -o "$system/bcryptprimitives.dll" scripts/bcryptprimitives.def
fi

bash scripts/static.sh "$target"
bash scripts/demo.sh wine "${CARGO_TARGET_DIR:-target}/$target/release/coveo-delete-key.exe"

export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$linker CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
# Few at a time: all processes wait for the one server that takes the place of the Windows kernel.
RUNS=${RUNS:-100} PARALLEL_CASES=8 cargo test --locked --no-fail-fast --target "$target" --bin coveo-delete-key \
    --test input --test selectors --test faults --test randomized -- --test-threads 1
