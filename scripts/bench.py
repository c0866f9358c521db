"""The measuring part of bench.sh. It runs in a network and mount namespace of its own, as root.

Everything is timed from outside, by runs in turn (A B A B ...), and a ratio is the median of the ratios of neighbours.
"""

import collections
import json
import os
import platform
import random
import re
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import time

from bench_network import FAR, HOST, LOGGED, PORT, name_is_at, start_black_hole, start_link, start_server, stop_server

WORK, RUNS = sys.argv[1], int(sys.argv[2])
TOKEN = "xx12345678-1234-4234-8234-123456789012"
TOOL, MINIMAL = f"{WORK}/coveo-delete-key", f"{WORK}/minimal_client"
CURL, NODE = shutil.which("curl"), shutil.which("node")
AUTHORITY = f"{WORK}/authority.pem"
SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
HEADERS = {"Accept": "application/json", "Authorization": f"Bearer {TOKEN}"}

# -- what is run


def environment(port=PORT):
    return {"COVEO_ENDPOINT": f"https://{HOST}:{port}", "COVEO_ORGANIZATION_ID": "myorg123",
            "COVEO_ACCESS_TOKEN": TOKEN, "SSL_CERT_FILE": AUTHORITY, "NODE_EXTRA_CA_CERTS": AUTHORITY}


def path_of(key):
    return f"/rest/organizations/myorg123/apikeys/{key}"


def url(key, port=PORT):
    return f"https://{HOST}:{port}{path_of(key)}"


def ids(count):
    """So many key IDs, the same each time."""
    draw = random.Random(count)
    return ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz234567", k=26)) for _ in range(count)]


def keys(count):
    """A file of so many key IDs."""
    path = f"{WORK}/keys{count}"
    with open(path, "w") as file:
        file.writelines(f"{name}\n" for name in ids(count))
    return path


def one_key():
    return ids(1)[0]


def curl_one(key, authorities=AUTHORITY):
    words = [CURL, "-q", "-sS", "-X", "DELETE", "-A", "coveo-delete-key", "--cacert", authorities, url(key)]
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


def run(words, variables):
    """Seconds of wall time and of CPU time."""
    started = time.perf_counter()
    pid = os.posix_spawn(words[0], words, variables, file_actions=STREAMS)
    _, status, used = os.wait4(pid, 0)
    took = time.perf_counter() - started
    status = os.waitstatus_to_exitcode(status)
    assert status == 0, (words, status, open(f"{WORK}/errors").read()[-500:])
    return took, used.ru_utime + used.ru_stime


def seconds(words, variables):
    return run(words, variables)[0]


def cpu_seconds(words, variables):
    return run(words, variables)[1]


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


ROWS, MISSED = [], []


def row(figure, goal, reached, facts, good):
    ROWS.append((figure, goal, reached, facts))
    print(f"bench: {figure}: {reached}", file=sys.stderr)
    if not good:
        MISSED.append(f"{figure}: {reached}, {goal}")


def ms(seconds):
    return f"{seconds * 1e3:.{1 if seconds < 0.01 else 0}f} ms"


def us(seconds):
    return f"{seconds * 1e6:.0f} µs"


def mib(kib):
    return f"{kib / 1024:.1f} MiB"


def ratio(figure, goal, value, facts):
    row(figure, f"at most {goal}", f"{value:.2f}" if value >= 0.1 else f"{value:.4f}", facts, value <= goal)


def against_curl():
    one = one_key()
    tool, curl, env = [TOOL, one], curl_one(one), environment()
    assert kib(["/bin/true"], env) < 1500, "memory can't be measured here"
    a, b, r = in_turn(lambda: seconds(tool, env), lambda: seconds(curl, env))
    ratio("one key: wall time against `curl -X DELETE`", 0.25, r, f"{ms(a)} against {ms(b)}")
    a, b, r = in_turn(lambda: kib(tool, env), lambda: kib(curl, env))
    ratio("one key: peak memory against curl", 0.17, r, f"{mib(a)} against {mib(b)}")

    with open(SYSTEM) as system, open(AUTHORITY) as authority, open(bundle := f"{WORK}/bundle.pem", "w") as file:
        file.write(system.read() + authority.read())
    tool, curl, all_of_them = [TOOL, one], curl_one(one, bundle), {**env, "SSL_CERT_FILE": bundle}
    a, b, r = in_turn(lambda: seconds(tool, all_of_them), lambda: seconds(curl, env))
    ratio("the same with the system's authorities in `SSL_CERT_FILE`", 0.25, r, f"{ms(a)} against {ms(b)}")
    a, b, r = in_turn(lambda: kib(tool, all_of_them), lambda: kib(curl, env))
    ratio("the same: peak memory", 0.17, r, f"{mib(a)} against {mib(b)}")
    a, b, r = in_turn(lambda: seconds(tool, all_of_them), lambda: seconds(tool, env))
    ratio("the same against the run without them", 1.8, r, f"{ms(a)} against {ms(b)}")

    two_thousand, twenty_thousand = keys(2000), keys(20000)
    check_connections(two_thousand)
    tool, curl = [TOOL, "--from", two_thousand], curl_many(two_thousand)
    a, b, r = in_turn(lambda: seconds(tool, env), lambda: seconds(curl, env))
    ratio("2,000 keys on one connection: wall time against curl", 0.85, r, f"{ms(a)} against {ms(b)}")
    a, b, r = in_turn(lambda: seconds(tool, env) / 2000, wrk)
    ratio("the same, time per key against `wrk -t1 -c1`", 1.25, r, f"{us(a)} against {us(b)}")
    more = [TOOL, "--from", twenty_thousand]
    a, b, r = in_turn(lambda: seconds(more, env) / 20000, lambda: seconds(tool, env) / 2000)
    ratio("20,000 keys against 2,000: time per key", 1.05, r, f"{us(a)} against {us(b)}")
    a, b, _ = in_turn(lambda: kib(more, env), lambda: kib(tool, env), 5)
    row("20,000 keys against 2,000: peak memory", "at most 4 MiB more", f"{mib(a - b)} more",
        f"{mib(a)} against {mib(b)}", a - b <= 4096)


def log():
    """What the logging server was asked since the last time."""
    time.sleep(0.2)
    with open(f"{WORK}/access.log", "r+") as file:
        lines = [line.split() for line in file]
        file.truncate(0)
    assert all(status in ("200", "204") and protocol == "TLSv1.3" for *_, status, protocol in lines), lines[:3]
    return lines


def check_connections(path):
    for words in ([TOOL, "--from", path], curl_many(path, LOGGED)):
        seconds(words, environment(port=LOGGED))
        lines = log()
        assert len({line[2] for line in lines}) == len(lines) == 2000, "a request for each key"
        assert len({line[0] for line in lines}) == 1, "one connection"


def put_list(names):
    """Puts a list of the keys with these IDs where the server has it, a half of them disabled long ago."""
    now, day = int(time.time() * 1000), 86_400_000
    keys = [{"id": name, "value": "xx********-****-****-****-********3333", "displayName": f"CI build {number}",
             "description": "made by a pipeline, for one job alone", "enabled": number % 2 == 0,
             "status": "ENABLED" if number % 2 == 0 else "DISABLED", "createdDate": now - 200 * day,
             "lastUsedDate": now - 100 * day, "disabledDate": None if number % 2 == 0 else now - number % 60 * day,
             "additionalConfiguration": {"search": {"enforcedQueryPipelineConfiguration": {}}},
             "privileges": [{"owner": "SEARCH_API", "targetDomain": "EXECUTE_QUERY", "type": "ENABLE", "targetId": "*"}]}
            for number, name in enumerate(names)]
    with open(f"{WORK}/list.json", "w") as file:
        json.dump(keys, file)


def listing():
    put_list(ids(10_000))
    tool = [TOOL, "--disabled-for", "30d", "--dry-run", "--max", "10000"]
    curl = " ".join(shlex.quote(word) for word in [CURL, "-q", "-sS", "--cacert", AUTHORITY, url("")[:-1]])
    jq = """jq -r '(now - 30 * 86400) as $limit | .[] | select((.status | startswith("DISABLED")) and
        .disabledDate / 1000 <= $limit) | "\\(.id) \\(.displayName)"'"""
    both, env = ["/bin/sh", "-c", f"{curl} | {jq}"], {**environment(), "PATH": os.environ["PATH"]}
    said = [subprocess.run(words, env=env, check=True, capture_output=True, text=True).stdout for words in (tool, both)]
    selected = [len(text.splitlines()) for text in said]
    assert selected[0] == selected[1] > 1000, selected
    a, b, r = in_turn(lambda: seconds(tool, env), lambda: seconds(both, env))
    ratio("a list of 10,000 keys, `--disabled-for 30d`: wall time against curl and jq", 0.25, r, f"{ms(a)} against {ms(b)}")
    a, b, r = in_turn(lambda: kib(tool, env), lambda: kib(both, env), 5)
    ratio("the same: peak memory", 0.30, r, f"{mib(a)} against {mib(b)}")


def bulk():
    seconds([TOOL, "--bulk", "--from", keys(1000)], environment(port=LOGGED))
    count = len(log())
    # Without a list, all keys go out in bulk.
    row("1,000 keys with `--bulk`: requests", "11, one for the list", str(count), "", count == 11)
    seconds([TOOL, "--bulk", "--from", five_are_wrong()], environment(port=LOGGED))
    count = len(log())
    row("500 keys with `--bulk`, 1 % of the IDs wrong: requests", "at most 12", str(count),
        "one for the list, 5 in bulk, 5 for those that are not in the list", count <= 12)


def five_are_wrong():
    """A file of 500 key IDs, of which the list lacks five."""
    put_list(ids(500)[5:])
    return keys(500)


def against_minimal_client():
    one, env = one_key(), environment()
    tool, minimal = [TOOL, one], [MINIMAL, HOST, str(PORT), path_of(one)]
    a, b, r = in_turn(lambda: seconds(tool, env), lambda: seconds(minimal, env))
    ratio("one key against a handshake and a request with `rustls` alone: wall time", 1.10, r, f"{ms(a)} against {ms(b)}")
    a, b, r = in_turn(lambda: cpu_seconds(tool, env), lambda: cpu_seconds(minimal, env))
    ratio("the same: CPU time", 1.15, r, f"{ms(a)} against {ms(b)}")


def against_node():
    if not os.path.isdir(f"{WORK}/node"):
        return
    one = one_key()
    with open(f"{WORK}/node/delete.js", "w") as file:
        file.write("""import PlatformClient from '@coveo/platform-client';
            const {COVEO_ENDPOINT: host, COVEO_ORGANIZATION_ID: organizationId} = process.env;
            const accessToken = process.env.COVEO_ACCESS_TOKEN;
            await new PlatformClient({host, organizationId, accessToken}).apiKey.delete(process.argv[2]);\n""")
    node = [NODE, f"{WORK}/node/delete.js"]
    seconds([*node, one], environment(port=LOGGED))
    assert [(line[1], line[2]) for line in log()] == [("DELETE", path_of(one))]
    env = environment()
    a, b, r = in_turn(lambda: seconds([TOOL, one], env), lambda: seconds([*node, one], env))
    ratio("one key against `@coveo/platform-client` on Node: wall time", 0.01, r, f"{ms(a)} against {ms(b)}")
    a, b, r = in_turn(lambda: kib([TOOL, one], env), lambda: kib([*node, one], env))
    ratio("the same: peak memory", 0.03, r, f"{mib(a)} against {mib(b)}")


def size():
    size = os.path.getsize(TOOL)
    row("size of the static x86-64 binary", "at most 1.90 MiB", f"{size / 2**20:.2f} MiB", f"{size:,} bytes",
        size <= 1.90 * 2**20)


def dead_addresses():
    one, env, dead = one_key(), environment(), start_black_hole()
    for count in (1, 4, 8):
        name_is_at(WORK, *dead[:count], "127.0.0.1")
        a, b, r = in_turn(lambda: seconds([TOOL, one], env), lambda: seconds(curl_one(one), env), 5)
        ratio(f"{count} dead IPv6 before a good IPv4 address: wall time against curl", 1.4, r, f"{ms(a)} against {ms(b)}")
    name_is_at(WORK, "127.0.0.1")


def round_trips():
    one = one_key()
    start_link()
    name_is_at(WORK, FAR)

    def connect():
        started = time.perf_counter()
        socket.create_connection((FAR, PORT)).close()
        return time.perf_counter() - started

    a, b, r = in_turn(lambda: seconds([TOOL, one], environment()), connect)
    row("round trips for one key over TLS 1.3", "3", str(round(r)), f"{ms(a)} where one takes {ms(b)}", round(r) == 3)
    path, trip = five_are_wrong(), b
    a, b = (seconds([TOOL, *bulk, "--from", path], environment()) for bulk in (["--bulk"], []))
    row("500 keys with `--bulk`, 1 % of the IDs wrong: round trips", "at most 15", str(round(a / trip)), ms(a), a / trip <= 15)
    ratio("the same: wall time against one request a key", 0.02, a / b, f"{ms(a)} against {b:.1f} s")


def system_calls():
    one = one_key()
    subprocess.run(["strace", "-f", "-o", f"{WORK}/calls", TOOL, one], env=environment(), check=True,
                   stdout=subprocess.DEVNULL)
    with open(f"{WORK}/calls") as file:
        calls = collections.Counter(match[1] for line in file if (match := re.match(r"\d+ +(\w+)\(", line)))
    threads = sum(calls[name] for name in ("clone", "clone3"))
    total = sum(calls.values())
    row("threads for one key beside the first", "that of the name look-up", str(threads), f"{total} system calls",
        threads <= 1)
    return ", ".join(f"{name} {count}" for name, count in calls.most_common())


def version(*words):
    said = subprocess.run(words, capture_output=True, text=True)
    return re.split(r" \(| Copyright", (said.stdout or said.stderr).splitlines()[0])[0]


def main():
    start_server(WORK)
    try:
        against_curl()
        against_minimal_client()
        bulk()
        listing()
        against_node()
        size()
        calls = system_calls()
        dead_addresses()
        round_trips()
    finally:
        stop_server(WORK)
    with open("/proc/cpuinfo") as cpus:
        model = [line.split(":")[1].strip() for line in cpus if line.startswith("model name")]
    machine = f"{len(model)} × {model[0]}" if model else platform.machine()
    print(f"\n{time.strftime('%Y-%m-%d')}, {machine}, Linux {platform.release()}, medians of {RUNS} runs in turn\n")
    print("| figure | goal | reached | |\n| --- | --- | --- | --- |")
    for cells in ROWS:
        print("| " + " | ".join(cells) + " |")
    print(f"\nsystem calls for one key: {calls}")
    versions = [version(TOOL, "-V"), version(CURL, "-V"), version("nginx", "-v"), version("wrk", "-v")]
    print("versions:", ", ".join(versions + (["node " + version(NODE, "-v")] if NODE else [])))
    for figure in MISSED:
        print(f"missed: {figure}")


main()
