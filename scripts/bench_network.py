"""The server that bench.py measures against, and its networks. It is for a network namespace of its own."""

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


def name_is_at(work, address):
    """A name is looked up, as it is in earnest."""
    with open(f"{work}/hosts", "w") as hosts:
        hosts.write(f"127.0.0.1 localhost\n{address} {HOST}\n")


def start_server(work):
    """nginx with TLS 1.3 alone, which says 204 to everything but a list; on LOGGED it writes down what it was asked."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {work}/{kind};" for kind in kinds)
    # A list of keys, where there is one; 204 for everything else.
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


def start_link():
    """A link with a delay: whatever goes to FAR comes back after a while as if from there, so that this machine
    is at both ends of it. Source and target change places, which leaves all checksums as they are."""
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
