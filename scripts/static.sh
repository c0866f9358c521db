#!/usr/bin/env bash
# Builds one self-contained binary for a target, the same bytes wherever it is built, and checks it with check_binary.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
source scripts/tools.sh

target=${1:-x86_64-unknown-linux-musl}
root=$(pwd -P)

missing=()
# need PROGRAM HOW: notes a program that is missing, and how to install it.
need() { command -v "$1" >/dev/null || missing+=("$1 ($2)"); }

command -v cargo >/dev/null || { echo "static: cargo is missing: install Rust with rustup" >&2; exit 1; }
sysroot=$(rustc --print sysroot)
[ -d "$sysroot/lib/rustlib/$target/lib" ] || missing+=("Rust's standard library for $target (rustup target add $target)")
need cargo-auditable "make tools"
need readelf "Debian: apt-get install binutils"

build=(cargo auditable build)
flags=()
cflags=()
cc=
case $target in
    x86_64-unknown-linux-musl | aarch64-unknown-linux-musl)
        case $target in
            x86_64-*)
                cc=musl-gcc
                need musl-gcc "Debian: apt-get install musl-tools" ;;
            aarch64-*)
                cc=aarch64-linux-gnu-gcc
                need aarch64-linux-gnu-gcc "Debian: apt-get install gcc-aarch64-linux-gnu"
                aarch64-linux-gnu-gcc -E -include assert.h -x c /dev/null >/dev/null 2>&1 ||
                    missing+=("C headers for arm64 (Debian: apt-get install libc6-dev-arm64-cross)") ;;
        esac
        # Before 1.2.4, musl doesn't retry truncated DNS answers over TCP. Its version is in the library as text.
        libc=$sysroot/lib/rustlib/$target/lib/self-contained/libc.a
        libc_version=$([ ! -f "$libc" ] || grep -aoE '\b1\.[0-9]+\.[0-9]+\b' "$libc" | sort -V | tail -1)
        [ "$(printf '%s\n' 1.2.4 "$libc_version" | sort -V | head -1)" = 1.2.4 ] ||
            missing+=("musl 1.2.4 or newer; this toolchain has ${libc_version:-none} (rustup update, 1.93 or newer)")
        # Rust's own linker, since it comes with Rust and so is the same wherever Rust is.
        flags+=(-C linker=rust-lld)
        # Smaller: equal functions are kept once, relocations are packed, and tables that nothing reads are omitted.
        for argument in --icf=all --pack-dyn-relocs=relr --no-eh-frame-hdr "--script=$root/scripts/static.ld"; do
            flags+=(-C "link-arg=$argument")
        done
        # The functions that fortified code calls are not in this C library.
        cflags+=(-U_FORTIFY_SOURCE) ;;
    x86_64-pc-windows-gnu)
        cc=x86_64-w64-mingw32-gcc
        need x86_64-w64-mingw32-gcc "Debian: apt-get install gcc-mingw-w64-x86-64"
        flags+=(-C "linker=$cc" -C "link-arg=-Wl,--no-insert-timestamp") ;;
    aarch64-apple-darwin | x86_64-apple-darwin)
        need cargo-zigbuild "make tools"
        need llvm-objdump "Debian: apt-get install llvm"
        build=(cargo auditable zigbuild)
        # Zig has the names in the system's library, so Apple's SDK isn't needed.
        SDKROOT=$(python3 -c 'import ziglang; print(ziglang.__path__[0])' 2>/dev/null)/lib/libc/darwin ||
            missing+=("ziglang (make tools)")
        export SDKROOT
        # The oldest macOS that both architectures have in common.
        export MACOSX_DEPLOYMENT_TARGET=11.0
        # Omits unused libraries, and the names of symbols: they include the paths of temporary files, and the file's UUID
        # is a hash of them too.
        flags+=(-C "link-arg=-Wl,-dead_strip_dylibs" -C "link-arg=-Wl,-s") ;;
    *)
        echo "static: $target isn't one of x86_64-unknown-linux-musl, aarch64-unknown-linux-musl," \
            "x86_64-pc-windows-gnu, aarch64-apple-darwin and x86_64-apple-darwin" >&2
        exit 2 ;;
esac
if [ "${#missing[@]}" -gt 0 ]; then
    printf 'static: missing: %s\n' "${missing[@]}" >&2
    exit 1
fi

cargo fetch --quiet --locked --target "$target"

# The binary must name no folder of this machine. If several match, the last one wins.
cargo_home=$(cd "${CARGO_HOME:-$HOME/.cargo}" && pwd -P)
sources=$sysroot/lib/rustlib/src/rust
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
folders=("$root=/src" "$sysroot=/rust" "$sources=/rustc/$commit")
[ -z "${CARGO_TARGET_DIR:-}" ] || folders+=("$(mkdir -p "$CARGO_TARGET_DIR" && cd "$CARGO_TARGET_DIR" && pwd -P)=/src/target")
for registry in "$cargo_home"/registry/src/*/; do folders+=("${registry%/}=/crates"); done
for folder in "${folders[@]}"; do
    flags+=(--remap-path-prefix "$folder")
    cflags+=("'-ffile-prefix-map=$folder'")
done
# This character separates the words, so that folders may have blanks in their names.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
name=${target//-/_}
export CC_SHELL_ESCAPED_FLAGS=1 "CFLAGS_$name=${cflags[*]}"
[ -z "$cc" ] || export "CC_$name=$cc"

"${build[@]}" --release --locked --target "$target" --bin coveo-delete-key

binary=${CARGO_TARGET_DIR:-target}/$target/release/coveo-delete-key
[[ $target != *windows* ]] || binary=$binary.exe
bash scripts/check_binary.sh "$target" "$binary"
for folder in "${folders[@]}"; do
    if grep -qaF -e "${folder%=*}/" "$binary"; then
        echo "static: $binary names a folder of this machine: ${folder%=*}" >&2
        exit 1
    fi
done
