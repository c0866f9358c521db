#!/usr/bin/env bash
# setup.sh release|all: installs what `make dist` needs, or what every check needs, on Debian or Ubuntu. Rust comes from
# rustup. Nothing is installed twice.
set -euo pipefail
cd "$(dirname "$0")/.."

release=(binutils buildah gcc gcc-aarch64-linux-gnu gcc-mingw-w64-x86-64 git jq libc6-dev libc6-dev-arm64-cross llvm
    make musl-tools python3-venv skopeo zip)
checks=(curl dnsmasq faketime fish haproxy iproute2 man-db nginx openssl podman python3-jsonschema qemu-user-static runc
    shellcheck squid strace systemd time tinyproxy wine wine64 zsh)
case ${1:-} in
    release) packages=("${release[@]}") ;;
    all) packages=("${release[@]}" "${checks[@]}") ;;
    *) echo "setup: usage: setup.sh release|all" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    echo "setup: installing ${missing[*]}"
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu aarch64-apple-darwin \
    x86_64-apple-darwin; do
    rustup target list --installed | grep -qx "$target" || rustup target add "$target"
done
bash scripts/tools.sh
