#!/usr/bin/env bash
# check_binary.sh TARGET FILE: checks that a binary needs nothing but its system, is stripped, and lists its crates.
set -euo pipefail

target=$1 binary=$2

fail() { echo "check_binary: $binary $*" >&2; exit 1; }

# only_needs NEEDED ALLOWED...: fails if one of the words in NEEDED isn't allowed.
only_needs() {
    local library needed=$1
    shift
    for library in $needed; do
        [[ " $* " == *" $library "* ]] || fail "needs $library, which isn't known to be part of every system"
    done
}

check_linux() {
    local headers
    headers=$(readelf --wide --program-headers --dynamic --section-headers "$binary")
    [[ $headers != *INTERP* ]] || fail "has an interpreter"
    [[ $headers != *NEEDED* ]] || fail "needs libraries"
    [[ $headers != *.symtab* && $headers != *.debug_* ]] || fail "is not stripped"
    [[ $headers == *.dep-v0* ]] || fail "does not list its crates"
    about="needs nothing but the kernel"
}

check_windows() {
    local headers needed
    headers=$(x86_64-w64-mingw32-objdump --all-headers "$binary")
    needed=$(sed -n 's/^\tDLL Name: //p' <<<"$headers" | sort -f | tr '\n' ' ')
    only_needs "${needed,,}" advapi32.dll api-ms-win-core-synch-l1-2-0.dll bcrypt.dll bcryptprimitives.dll \
        kernel32.dll msvcrt.dll ntdll.dll ws2_32.dll
    [[ $headers == *"no symbols"* && $headers != *.debug_* ]] || fail "is not stripped"
    [[ $headers == *.dep-v0* ]] || fail "does not list its crates"
    [[ $headers == *"(Windows CUI)"* ]] || fail "is not a console program"
    about="needs ${needed% }"
}

check_macos() {
    local headers needed minimum
    headers=$(llvm-objdump --macho --private-headers "$binary")
    needed=$(llvm-objdump --macho --dylibs-used "$binary" | sed -n 's/^\t\([^ ]*\) .*/\1/p' | tr '\n' ' ')
    only_needs "$needed" /usr/lib/libSystem.B.dylib
    minimum=$(sed -n 's/^ *minos \(.*\)$/\1/p' <<<"$headers")
    [ "$minimum" = 11.0 ] || fail "needs macOS $minimum, not 11.0"
    [[ $headers == *.dep-v0* ]] || fail "does not list its crates"
    about="needs macOS $minimum and ${needed% }"
    # Apple's processors run only signed files; an ad-hoc signature names nobody.
    [ "$target" != aarch64-apple-darwin ] || about="$about, $(python3 scripts/macho_signature.py "$binary")"
}

case $target in
    *-linux-musl) check_linux ;;
    *-windows-gnu) check_windows ;;
    *-apple-darwin) check_macos ;;
    *) fail "is for $target, which this script does not know" ;;
esac
printf '%s: %d bytes, %s\n' "$binary" "$(stat -c %s "$binary")" "$about"
