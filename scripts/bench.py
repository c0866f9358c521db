"""The measuring part of bench.sh. It runs in a network and mount namespace of its own, as root.

Everything is timed from outside, by runs in turn (A B A B ...), and a ratio is the median of the ratios of neighbours.
"""

import collections
import fcntl
import os
import platform
import random
import re
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

WORK, RUNS = sys.argv[1], int(sys.argv[2])
HOST, PORT, LOGGED, TOKEN = "coveo.test", 8443, 8444, "xx12345678-1234-4234-8234-123456789012"
TOOL = f"{WORK}/coveo-delete-key"
CURL = subprocess.check_output(["which", "curl"], text=True).strip()
AUTHORITY = f"{WORK}/authority.pem"
HEADERS = {"Accept": "application/json", "Authorization": f"Bearer {TOKEN}"}
DELAY = 0.05  # seconds, each way

# -- the server and its networks


def sh(*words):
    subprocess.run(words, check=True)


def start_server():
    temporary = "".join(f"{kind}_temp_path {WORK}/{kind}; " for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{WORK}/nginx.conf", "w") as conf:
        conf.write(f"""
            worker_processes 1; pid {WORK}/nginx.pid; error_log {WORK}/error.log;
            events {{ worker_connections 512; }}
            http {{
                {temporary}
                log_format requests '$connection $request_method $uri $status $ssl_protocol';
                access_log off; keepalive_requests 100000000; keepalive_timeout 1h;
                ssl_certificate {WORK}/server.pem; ssl_certificate_key {WORK}/server.key; ssl_protocols TLSv1.3;
                server {{ listen {PORT} ssl; return 204; }}
                server {{ listen {LOGGED} ssl; access_log {WORK}/access.log requests; return 204; }}
            }}""")
    # A name is looked up, as it is in earnest.
    with open(f"{WORK}/hosts", "w") as hosts:
        hosts.write(f"127.0.0.1 localhost {HOST}\n")
    sh("mount", "--bind", f"{WORK}/hosts", "/etc/hosts")
    sh("ip", "link", "set", "lo", "up")
    sh("nginx", "-c", f"{WORK}/nginx.conf")


def stop_server():
    with open(f"{WORK}/nginx.pid") as pid:
        os.kill(int(pid.read()), 15)


def start_link():
    """A link with a delay: whatever goes to 10.99.0.2 comes back after a while as if from there, so that this machine
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


# -- what is run


def environment(host=HOST, port=PORT):
    return {"COVEO_ENDPOINT": f"https://{host}:{port}", "COVEO_ORGANIZATION_ID": "myorg123", "COVEO_ACCESS_TOKEN": TOKEN,
            "SSL_CERT_FILE": AUTHORITY, "NODE_EXTRA_CA_CERTS": AUTHORITY}


def url(key, host=HOST, port=PORT):
    return f"https://{host}:{port}/rest/organizations/myorg123/apikeys/{key}"


def keys(count):
    """A file of so many key IDs."""
    draw, path = random.Random(count), f"{WORK}/keys{count}"
    with open(path, "w") as file:
        for _ in range(count):
            file.write("".join(draw.choices("abcdefghijklmnopqrstuvwxyz234567", k=26)) + "\n")
    return path


def curl_one(key, host=HOST):
    words = [CURL, "-q", "-sS", "-X", "DELETE", "-A", "coveo-delete-key", "--cacert", AUTHORITY, url(key, host)]
    return words + [word for item in HEADERS.items() for word in ("-H", ": ".join(item))]


def curl_many(path, port=PORT):
    config = f"{path}.curl{port}"
    with open(config, "w") as file:
        file.write(f'silent\nshow-error\nrequest = DELETE\nuser-agent = coveo-delete-key\ncacert = "{AUTHORITY}"\n')
        file.writelines(f'header = "{name}: {value}"\n' for name, value in HEADERS.items())
        with open(path) as lines:
            file.writelines(f'url = "{url(key.strip(), port=port)}"\n' for key in lines)
    return [CURL, "-q", "-K", config]


def wrk():
    """Seconds per request that one connection gets out of the server."""
    script = f"{WORK}/wrk.lua"
    with open(script, "w") as file:
        file.write('wrk.method = "DELETE"\nwrk.headers["User-Agent"] = "coveo-delete-key"\n')
        file.writelines(f'wrk.headers["{name}"] = "{value}"\n' for name, value in HEADERS.items())
    said = subprocess.check_output(["wrk", "-t1", "-c1", "-d1", "-s", script, url("a" * 26)], text=True)
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    return 1 / float(re.search(r"Requests/sec:\s*([\d.]+)", said)[1])


NOTHING = os.open(os.devnull, os.O_RDWR)
ERRORS = os.open(f"{WORK}/errors", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
STREAMS = [(os.POSIX_SPAWN_DUP2, NOTHING, 0), (os.POSIX_SPAWN_DUP2, NOTHING, 1), (os.POSIX_SPAWN_DUP2, ERRORS, 2)]


def seconds(words, variables):
    started = time.perf_counter()
    pid = os.posix_spawn(words[0], words, variables, file_actions=STREAMS)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    took = time.perf_counter() - started
    assert status == 0, (words, status, open(f"{WORK}/errors").read()[-500:])
    return took


def kib(words, variables):
    """Peak memory. A small program starts the one in question: a process begins with the peak of its parent."""
    seconds(["/usr/bin/time", "-f", "%M", "-o", f"{WORK}/peak", *words], variables)
    with open(f"{WORK}/peak") as peak:
        return int(peak.read())


def in_turn(first, second, runs=RUNS):
    """Medians of both and of their ratio."""
    first(), second()
    pairs = [(first(), second()) for _ in range(runs)]
    return *(statistics.median(side) for side in zip(*pairs)), statistics.median(a / b for a, b in pairs)


# -- the table


ROWS = []


def row(figure, goal, reached, facts, good):
    ROWS.append((figure, goal, reached, facts))
    print("." if good else "!", end="", file=sys.stderr, flush=True)
    if not good:
        MISSED.append(figure)


MISSED = []


def ratio(figure, goal, value, facts):
    row(figure, f"at most {goal}", f"{value:.2f}" if value >= 0.1 else f"{value:.4f}", facts, value <= goal)


def against_curl():
    one = open(keys(1)).read().strip()
    tool, curl, env = [TOOL, one], curl_one(one), environment()
    assert kib(["/bin/true"], env) < 1500, "memory can't be measured here"
    a, b, r = in_turn(lambda: seconds(tool, env), lambda: seconds(curl, env))
    ratio("one key: wall time against `curl -X DELETE`", 0.25, r, f"{a * 1e3:.1f} ms against {b * 1e3:.1f} ms")
    a, b, r = in_turn(lambda: kib(tool, env), lambda: kib(curl, env))
    ratio("one key: peak memory against curl", 0.17, r, f"{a / 1024:.1f} MiB against {b / 1024:.1f} MiB")

    two_thousand, twenty_thousand = keys(2000), keys(20000)
    check_connections(two_thousand)
    tool, curl = [TOOL, "--from", two_thousand], curl_many(two_thousand)
    a, b, r = in_turn(lambda: seconds(tool, env), lambda: seconds(curl, env))
    ratio("2,000 keys on one connection: wall time against curl", 0.85, r, f"{a * 1e3:.0f} ms against {b * 1e3:.0f} ms")
    a, b, r = in_turn(lambda: seconds(tool, env) / 2000, wrk)
    ratio("the same, time per key against `wrk -t1 -c1`", 1.25, r, f"{a * 1e6:.0f} µs against {b * 1e6:.0f} µs")
    more = [TOOL, "--from", twenty_thousand]
    a, b, r = in_turn(lambda: seconds(more, env) / 20000, lambda: seconds(tool, env) / 2000)
    ratio("20,000 keys against 2,000: time per key", 1.05, r, f"{a * 1e6:.0f} µs against {b * 1e6:.0f} µs")
    a, b, _ = in_turn(lambda: kib(more, env), lambda: kib(tool, env), 5)
    row("20,000 keys against 2,000: peak memory", "at most 4 MiB more", f"{(a - b) / 1024:.1f} MiB more",
        f"{a / 1024:.1f} MiB against {b / 1024:.1f} MiB", a - b <= 4096)


def log():
    """What the logging server was asked since the last time."""
    time.sleep(0.2)
    with open(f"{WORK}/access.log", "r+") as file:
        lines = [line.split() for line in file]
        file.truncate(0)
    assert all(status == "204" and protocol == "TLSv1.3" for *_, status, protocol in lines), lines[:3]
    return lines


def check_connections(path):
    for words in ([TOOL, "--from", path], curl_many(path, LOGGED)):
        seconds(words, environment(port=LOGGED))
        lines = log()
        assert len({line[2] for line in lines}) == len(lines) == 2000, "a request for each key"
        assert len({line[0] for line in lines}) == 1, "one connection"


def bulk():
    seconds([TOOL, "--bulk", "--from", keys(1000)], environment(port=LOGGED))
    count = len(log())
    row("1,000 keys with `--bulk`: requests", "10", str(count), "", count == 10)


def against_node():
    if not os.path.isdir(f"{WORK}/node"):
        return
    one = open(keys(1)).read().strip()
    with open(f"{WORK}/node/delete.js", "w") as file:
        file.write("""import PlatformClient from '@coveo/platform-client';
            const {COVEO_ENDPOINT: host, COVEO_ORGANIZATION_ID: organizationId, COVEO_ACCESS_TOKEN: accessToken} = process.env;
            await new PlatformClient({host, organizationId, accessToken}).apiKey.delete(process.argv[2]);\n""")
    node = subprocess.check_output(["which", "node"], text=True).strip()
    node = [node, f"{WORK}/node/delete.js"]
    seconds([*node, one], environment(port=LOGGED))
    assert [(line[1], line[2]) for line in log()] == [("DELETE", url("")[len(f"https://{HOST}:{PORT}"):] + one)]
    env = environment()
    a, b, r = in_turn(lambda: seconds([TOOL, one], env), lambda: seconds([*node, one], env))
    ratio("one key against `@coveo/platform-client` on Node: wall time", 0.01, r, f"{a * 1e3:.1f} ms against {b * 1e3:.0f} ms")
    a, b, r = in_turn(lambda: kib([TOOL, one], env), lambda: kib([*node, one], env))
    ratio("the same: peak memory", 0.03, r, f"{a / 1024:.1f} MiB against {b / 1024:.0f} MiB")


def size():
    size = os.path.getsize(TOOL)
    row("size of the static x86-64 binary", "at most 1.75 MiB", f"{size / 1048576:.2f} MiB", f"{size:,} bytes", size <= 1835008)


def round_trips():
    one = open(keys(1)).read().strip()
    start_link()
    with open(f"{WORK}/hosts", "w") as hosts:
        hosts.write(f"10.99.0.2 {HOST}\n")

    def connect():
        started = time.perf_counter()
        socket.create_connection(("10.99.0.2", PORT)).close()
        return time.perf_counter() - started

    a, b, r = in_turn(lambda: seconds([TOOL, one], environment()), connect)
    row("round trips for one key over TLS 1.3", "3", str(round(r)), f"{a * 1e3:.0f} ms where one takes {b * 1e3:.0f} ms", round(r) == 3)


def system_calls():
    one = open(keys(1)).read().strip()
    subprocess.run(["strace", "-f", "-o", f"{WORK}/calls", TOOL, one], env=environment(), check=True,
                   stdout=subprocess.DEVNULL)
    with open(f"{WORK}/calls") as file:
        calls = collections.Counter(match[1] for line in file if (match := re.match(r"\d+ +(\w+)\(", line)))
    threads = sum(calls[name] for name in ("clone", "clone3"))
    total = sum(calls.values())
    row("threads for one key beside the first", "that of the name look-up", str(threads), f"{total} system calls", threads <= 1)
    return ", ".join(f"{name} {count}" for name, count in calls.most_common())


def version(*words):
    said = subprocess.run(words, capture_output=True, text=True)
    return (said.stdout or said.stderr).splitlines()[0]


def main():
    start_server()
    try:
        against_curl()
        bulk()
        against_node()
        size()
        calls = system_calls()
        round_trips()
    finally:
        stop_server()
    with open("/proc/cpuinfo") as cpus:
        model = [line.split(":")[1].strip() for line in cpus if line.startswith("model name")]
    print(f"\n\n{time.strftime('%Y-%m-%d')}, {len(model)} × {(model or [platform.machine()])[0]}, Linux {platform.release()}, "
          f"medians of {RUNS} runs in turn\n")
    print("| figure | goal | reached | |\n| --- | --- | --- | --- |")
    for cells in ROWS:
        print("| " + " | ".join(cells) + " |")
    print(f"\nsystem calls for one key: {calls}")
    curl, node = version("curl", "--version"), version("node", "--version") if os.path.isdir(f"{WORK}/node") else "none"
    print(f"versions: {version(TOOL, '--version')}; {' '.join(curl.split()[:2])}; {version('nginx', '-v')}; "
          f"{version('wrk', '-v').split(' Copyright')[0]}; node {node}")
    for figure in MISSED:
        print(f"missed: {figure}")


main()
