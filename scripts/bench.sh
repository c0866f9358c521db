#!/usr/bin/env bash
# Measures the static x86-64 binary against curl, wrk and the official JavaScript client, on a network of its own.
# RUNS=40 is how often each is run.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
# need PROGRAM PACKAGE: notes a Debian package that is to be installed.
need() { command -v "$1" >/dev/null || missing+=("$1 (Debian: apt-get install $2)"); }
need curl curl
need jq jq
need nginx nginx
need openssl openssl
need wrk wrk
need python3 python3
need strace strace
need ip iproute2
need unshare util-linux
[ -x /usr/bin/time ] || missing+=("/usr/bin/time (Debian: apt-get install time)")
[ -c /dev/net/tun ] || missing+=("/dev/net/tun (the tun module of the kernel)")
[ -f /etc/ssl/certs/ca-certificates.crt ] || missing+=("/etc/ssl/certs/ca-certificates.crt (Debian: apt-get install ca-certificates)")
if [ "${#missing[@]}" -gt 0 ]; then
    printf 'bench: missing: %s\n' "${missing[@]}" >&2
    exit 1
fi
bash scripts/static.sh x86_64-unknown-linux-musl

# What the TLS library costs, for one row.
CC_x86_64_unknown_linux_musl=musl-gcc cargo build --quiet --release --locked --target x86_64-unknown-linux-musl \
    --package support --example minimal_client

root=()
[ "$(id -u)" = 0 ] || root=(sudo)
work=$(mktemp -d)
trap '"${root[@]}" rm -rf "$work"' EXIT
chmod 755 "$work"
built=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-musl/release
# The file that a linker wrote is slower than a copy of it.
cp "$built/coveo-delete-key" "$built/examples/minimal_client" "$work/"

if command -v node >/dev/null && command -v npm >/dev/null; then
    mkdir "$work/node"
    echo '{"type": "module"}' >"$work/node/package.json"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/node" @coveo/platform-client ||
        { echo "bench: npm could not install @coveo/platform-client, so it is left out" >&2; rm -r "$work/node"; }
else
    echo "bench: node or npm is missing (Debian: apt-get install nodejs npm), so the JavaScript client is left out" >&2
fi

ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
openssl req -x509 "${ec[@]}" -days 2 -subj "/CN=bench authority" -addext keyUsage=critical,keyCertSign \
    -keyout "$work/authority.key" -out "$work/authority.pem" 2>/dev/null
openssl req "${ec[@]}" -subj "/CN=coveo.test" -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
openssl x509 -req -days 2 -in "$work/server.csr" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial \
    -extfile <(echo "subjectAltName=DNS:coveo.test") -out "$work/server.pem" 2>/dev/null

"${root[@]}" unshare --net --mount python3 -B scripts/bench.py "$work" "${RUNS:-40}"
