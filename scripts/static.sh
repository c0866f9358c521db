#!/usr/bin/env bash
# Builds one static binary, the same bytes wherever it is built, and checks that it needs nothing but the kernel.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-x86_64-unknown-linux-musl}
root=$(pwd -P)

missing=()
# need PROGRAM PACKAGE: notes a Debian package that is to be installed.
need() { command -v "$1" >/dev/null || missing+=("$1 (Debian: apt-get install $2)"); }

command -v cargo >/dev/null || { echo "static: cargo is missing: install Rust with rustup" >&2; exit 1; }
sysroot=$(rustc --print sysroot)
[ -d "$sysroot/lib/rustlib/$target/lib" ] || missing+=("Rust's standard library for $target (rustup target add $target)")
need readelf binutils
case $target in
    x86_64-unknown-linux-musl)
        cc=musl-gcc
        need musl-gcc musl-tools ;;
    aarch64-unknown-linux-musl)
        cc=aarch64-linux-gnu-gcc
        need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
        aarch64-linux-gnu-gcc -E -include assert.h -x c /dev/null >/dev/null 2>&1 ||
            missing+=("C headers for arm64 (Debian: apt-get install libc6-dev-arm64-cross)") ;;
    *)
        echo "static: $target is not one of x86_64-unknown-linux-musl and aarch64-unknown-linux-musl" >&2
        exit 2 ;;
esac
if [ "${#missing[@]}" -gt 0 ]; then
    printf 'static: missing: %s\n' "${missing[@]}" >&2
    exit 1
fi

cargo fetch --quiet --locked --target "$target"

# Rust's own linker, since it comes with Rust and so is the same wherever Rust is.
flags=(-C linker=rust-lld)
# Smaller: equal functions are kept once, relocations are packed, and tables that nothing reads are left out.
for argument in --icf=all --pack-dyn-relocs=relr --no-eh-frame-hdr "--script=$root/scripts/static.ld"; do
    flags+=(-C "link-arg=$argument")
done
# No folder of this machine may stand in the binary. Where several match, the last one wins.
cargo_home=$(cd "${CARGO_HOME:-$HOME/.cargo}" && pwd -P)
sources=$sysroot/lib/rustlib/src/rust
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
folders=("$root=/src" "$sysroot=/rust" "$sources=/rustc/$commit")
[ -z "${CARGO_TARGET_DIR:-}" ] || folders+=("$(mkdir -p "$CARGO_TARGET_DIR" && cd "$CARGO_TARGET_DIR" && pwd -P)=/src/target")
for registry in "$cargo_home"/registry/src/*/; do folders+=("${registry%/}=/crates"); done
# The functions that fortified code calls are not in this C library.
cflags=(-U_FORTIFY_SOURCE)
for folder in "${folders[@]}"; do
    flags+=(--remap-path-prefix "$folder")
    cflags+=("'-ffile-prefix-map=$folder'")
done
# Words are kept apart by this character, so that folders may have blanks in their names.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
name=${target//-/_}
export CC_SHELL_ESCAPED_FLAGS=1 "CC_$name=$cc" "CFLAGS_$name=${cflags[*]}"

cargo build --release --locked --target "$target" --bin coveo-delete-key

binary=${CARGO_TARGET_DIR:-target}/$target/release/coveo-delete-key
fail() { echo "static: $binary $*" >&2; exit 1; }
headers=$(readelf --wide --program-headers --dynamic --section-headers "$binary")
[[ $headers != *INTERP* ]] || fail "has an interpreter"
[[ $headers != *NEEDED* ]] || fail "needs libraries"
[[ $headers != *.symtab* && $headers != *.debug_* ]] || fail "is not stripped"
for folder in "${folders[@]}"; do
    ! grep -qaF -e "${folder%=*}/" "$binary" || fail "names a folder of this machine: ${folder%=*}"
done
size=$(stat -c %s "$binary")
printf '%s: static, stripped, %d bytes (%d.%02d MiB)\n' "$binary" "$size" $((size / 1048576)) $((size % 1048576 * 100 / 1048576))
