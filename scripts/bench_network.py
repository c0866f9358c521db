"""The server that bench.py measures against, and its networks. It needs its own network namespace."""

import collections
import fcntl
import os
import struct
import subprocess
import threading
import time

HOST, PORT, LOGGED = "coveo.test", 8443, 8444
FAR = "10.99.0.2"
DELAY = 0.025  # seconds, each way


def sh(*words):
    subprocess.run(words, check=True)


def name_is_at(work, *addresses):
    """Writes the hosts file: a name is looked up, as in real use."""
    with open(f"{work}/hosts", "w") as hosts:
        hosts.write("127.0.0.1 localhost\n" + "".join(f"{address} {HOST}\n" for address in addresses))


def start_server(work):
    """Starts nginx with only TLS 1.3, which answers 204 to everything but a list; at LOGGED it logs requests."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {work}/{kind};" for kind in kinds)
    # A list of keys, if there is one; 204 for everything else.
    routes = f"""location / {{ return 204; }}
                location ~ /apikeys$ {{ default_type application/json; root {work}; try_files /list.json @none; }}
                location @none {{ return 204; }}"""
    with open(f"{work}/nginx.conf", "w") as conf:
        conf.write(f"""
            worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
            events {{ worker_connections 512; }}
            http {{
                {temporary}
                log_format requests '$connection $request_method $uri $status $ssl_protocol';
                access_log off; keepalive_requests 100000000; keepalive_timeout 1h;
                ssl_certificate {work}/server.pem; ssl_certificate_key {work}/server.key; ssl_protocols TLSv1.3;
                server {{ listen {PORT} ssl; {routes} }}
                server {{ listen {LOGGED} ssl; access_log {work}/access.log requests; {routes} }}
            }}""")
    name_is_at(work, "127.0.0.1")
    sh("mount", "--bind", f"{work}/hosts", "/etc/hosts")
    sh("ip", "link", "set", "lo", "up")
    sh("nginx", "-c", f"{work}/nginx.conf")


def stop_server(work):
    with open(f"{work}/nginx.pid") as pid:
        os.kill(int(pid.read()), 15)


def start_black_hole():
    """Makes a link to nowhere and returns addresses behind it: what is sent to them vanishes."""
    addresses = [f"2001:db8:9::{number}" for number in range(2, 10)]
    sh("ip", "link", "add", "here", "type", "veth", "peer", "name", "nowhere")
    sh("ip", "address", "add", "2001:db8:9::1/64", "dev", "here", "nodad")
    for end in ("here", "nowhere"):
        sh("ip", "link", "set", end, "up")
    for address in addresses:
        sh("ip", "neighbour", "add", address, "lladdr", "02:00:00:00:00:07", "nud", "permanent", "dev", "here")
    return addresses


def start_link():
    """Makes a link with a delay: packets to FAR come back later as if from there, so this machine is at both ends.
    Source and target change places, which leaves all checksums as they are."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", b"far", 0x1001))  # TUNSETIFF; IFF_TUN, IFF_NO_PI
    sh("ip", "address", "add", "10.99.0.1/24", "dev", "far")
    sh("ip", "link", "set", "far", "up")
    under_way = collections.deque()

    def take():
        while packet := os.read(tun, 65536):
            under_way.append((time.monotonic() + DELAY, packet))
            arrived.release()

    def give():
        while arrived.acquire():
            due, packet = under_way.popleft()
            time.sleep(max(0, due - time.monotonic()))
            if packet[0] >> 4 == 4:
                os.write(tun, packet[:12] + packet[16:20] + packet[12:16] + packet[20:])

    arrived = threading.Semaphore(0)
    for work in (take, give):
        threading.Thread(target=work, daemon=True).start()
