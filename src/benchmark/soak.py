#!/usr/bin/env python3
"""Lets a hostile tenant do its worst for a while, and looks at what another one notices; docs/benchmarks.md says how to read it.

Starts the packaged server. 32 ordinary clients of tenant A read, list, create, execute and report, and plans of A fire every minute; first
alone, then while tenant B sends slow, endless and huge bodies, in HTTP/1.1 and HTTP/2, reads large journals slowly, has a backlog, sends
hostile kubeconfigs and checks internal addresses, sends empty ids, and floods lists. Prints what A had of it, and exits with 1 where a bound is
broken. Needs psql on the PATH, and a built server. Sends to this machine only.

    src/benchmark/soak.py [--minutes 10] [--alone 2] [--without slow,h2c,…]
"""

import argparse
import http.client
import json
import multiprocessing
import pathlib
import random
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import Server, resident_mb  # noqa: E402
from schedules import sql  # noqa: E402

CLIENTS = 32
PLANS = 20
# From the end of one request to the next of the same client.
PAUSE = (0.1, 0.5)
LARGE = 15000000

BOUNDS = {"p99 under attack, times alone": 5.0, "answers of 500 and above": 0, "requests without an answer": 0,
          "latest fire, seconds": 2.0, "fires not run": 0, "resident MB": 500}


class Connection:
    """One tenant's connection to the server; it is made again after a failure."""

    def __init__(self, port, base, token):
        self.port, self.base, self.token, self.http = port, base, token, None

    def call(self, method, path, body=None, timeout=60):
        """Status and document of the answer; None and None where there was no answer."""
        try:
            if self.http is None:
                self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
            self.http.request(method, self.base + path, None if body is None else json.dumps(body), {
                "Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
            answer = self.http.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text and "json" in answer.getheader("Content-Type", "") else None
        except (OSError, http.client.HTTPException):
            if self.http is not None:
                self.http.close()
            self.http = None
            return None, None

    def create(self, path, body):
        status, document = self.call("POST", path, body)
        if status != 201:
            sys.exit("POST %s was answered with %s: %s" % (path, status, document))
        return document["id"]


def experiment_of(connection):
    return connection.create("/experiments", {"definition": {"title": "soak", "description": "n/a", "method": []}})


def cron_plan(connection, deployment, experiment, pattern="* * * * *", policies=None):
    return connection.create("/plans", {
        "title": "soak", "deployment": {"deployment_id": deployment}, "experiments": [experiment],
        "schedule": {"type": "cron", "pattern": pattern}, "policies": policies or {}})


class Ordinary(threading.Thread):
    """A client of A. Every request is noted: when, how long, what came."""

    def __init__(self, connection, experiment, plans, notes, stopped):
        super().__init__(daemon=True)
        self.connection, self.experiment, self.plans, self.notes, self.stopped = connection, experiment, plans, notes, stopped

    def run(self):
        while not self.stopped.is_set():
            random.choice((self.read, self.read, self.list, self.list, self.make, self.execute))()

    def do(self, method, path, body=None):
        began = time.monotonic()
        status, document = self.connection.call(method, path, body)
        self.notes.append((began, time.monotonic() - began, status))
        self.stopped.wait(random.uniform(*PAUSE))
        return document or {}

    def read(self):
        self.do("GET", "/plans/" + random.choice(self.plans))

    def list(self):
        self.do("GET", random.choice(("/plans?limit=20", "/runs?limit=20", "/deployments?limit=20", "/executions?limit=20")))

    def make(self):
        made = self.do("POST", "/deployments", {"name": "soak %d" % random.getrandbits(60), "definition": {"type": "noop"}})
        if "id" in made:
            self.do("DELETE", "/deployments/" + made["id"])

    def execute(self):
        path = "/experiments/%s/executions" % self.experiment
        made = self.do("POST", path, {"result": json.dumps({"status": None, "experiment": {"title": "soak"}}), "log": ""})
        if "id" not in made:
            return
        self.do("PUT", "%s/%s/state" % (path, made["id"]), {"current": "running"})
        journal = {"status": "completed", "deviated": False, "experiment": {"title": "soak"}, "run": ["x" * 200] * random.choice((10, 500))}
        self.do("PUT", "%s/%s/results" % (path, made["id"]), {"result": json.dumps(journal), "log": "done"})
        self.do("PUT", "%s/%s/state" % (path, made["id"]), {"current": "finished", "status": "completed", "deviated": False})


# What B does: each is a function of a connection, called again and again in a thread of its own, in a process of its own.


def raw(b, head, timeout=30):
    s = socket.create_connection(("127.0.0.1", b.port), timeout=timeout)
    s.sendall(("%s\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
               % (head, b.port, b.token)).encode())
    return s


def slow(b):
    """A byte every few seconds of fifteen million that were announced."""
    with raw(b, "POST %s/schedule/preview HTTP/1.1" % b.plans) as s:
        s.sendall(b"Content-Length: %d\r\n\r\n" % LARGE)
        for _ in range(30):
            s.sendall(b"{")
            time.sleep(5)


def chunked(b):
    """A body of no announced length, fast at first, then not any more."""
    with raw(b, "POST %s/schedule/preview HTTP/1.1" % b.plans) as s:
        s.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"%x\r\n%s\r\n" % (65536, b"[" * 65536)
        for _ in range(200):
            s.sendall(piece)
        time.sleep(20)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header field without Huffman coding or index (RFC 7541, 6.2.2)."""
    def text(t):
        return (bytes((len(t),)) if len(t) < 127 else bytes((127, (len(t) - 127) % 128 | (128 if len(t) - 127 >= 128 else 0)))
                + (bytes(((len(t) - 127) // 128,)) if len(t) - 127 >= 128 else b"")) + t.encode()
    return b"\x00" + text(name) + text(value)


def h2c(b):
    """Thirty bodies of no announced length on one connection of HTTP/2 in clear text."""
    head = b"".join(literal(*field) for field in (
        (":method", "POST"), (":scheme", "http"), (":authority", "127.0.0.1:%d" % b.port), (":path", b.base + "/plans"),
        ("authorization", "Bearer " + b.token), ("content-type", "application/json")))
    with socket.create_connection(("127.0.0.1", b.port), timeout=20) as s:
        s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0))
        streams = [2 * i + 1 for i in range(30)]
        for stream in streams:
            s.sendall(frame(1, 4, stream, head))
        until = time.monotonic() + 20
        threading.Thread(target=drain, args=(s, until), daemon=True).start()
        for _ in range(900):
            for stream in streams:
                s.sendall(frame(0, 0, stream, b" " * 16384))
            if time.monotonic() > until:
                return


def drain(s, until):
    try:
        while time.monotonic() < until and s.recv(65536):
            pass
    except OSError:
        pass


def journals(b):
    """A large journal, read at once."""
    b.call("GET", b.large)


def slow_journals(b):
    """A large journal, read so slowly that all of it would be kept for long."""
    with raw(b, "GET %s HTTP/1.1" % (b.base + b.large)) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"\r\n")
        for _ in range(60):
            s.recv(1024)
            time.sleep(0.5)


def kubeconfigs(b):
    b.call("POST", "/deployments", {"name": "deep %d" % random.getrandbits(60), "definition": {
        "type": "k8s_job", "namespace": "soak", "image": "soak", "credentials": "a: " + "[" * 130000}})


def internal(b):
    b.call("POST", "/deployments/%s/check" % b.inward)


def empty(b):
    b.call("POST", "/tokens", {"name": "soak %d" % random.getrandbits(60), "plan_id": ""})
    b.call("POST", "/plans", {"deployment": {"deployment_id": ""}, "environment": {"id": ""}, "experiments": [""], "schedule": {"type": "now"}})


def lists(b):
    b.call("GET", random.choice(("/plans?limit=100", "/experiments/summary", "/experiments/all", "/executions?limit=100",
                                 "/runs?limit=100&page=200")))


def backlog(b):
    """More of what is waiting already: a run that is asked for by each of many plans."""
    b.call("POST", "/plans", {"deployment": {"deployment_id": b.noop}, "experiments": [b.experiment], "schedule": {"type": "now"}})


ATTACKS = {"slow": (slow, 60), "chunked": (chunked, 20), "h2c": (h2c, 4), "journals": (journals, 12), "slow_journals": (slow_journals, 30),
           "kubeconfigs": (kubeconfigs, 4), "internal": (internal, 4), "empty": (empty, 2), "lists": (lists, 8), "backlog": (backlog, 4)}


def attack(name, port, base, token, facts):
    """A process: does one thing in as many threads as it is worth, until it is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    deed, threads = ATTACKS[name]

    def again():
        b = Connection(port, base, token)
        b.plans = base + "/plans"
        for key, value in facts.items():
            setattr(b, key, value)
        while True:
            try:
                deed(b)
            except OSError:
                # Cut off, as it should be.
                time.sleep(0.2)
            time.sleep(0.02)

    for _ in range(threads):
        threading.Thread(target=again, daemon=True).start()
    while True:
        time.sleep(1)


def prepare_attack(server, b):
    """What B has before it begins: a large journal, an inward deployment, and three plans that catch up with a week."""
    experiment = experiment_of(b)
    noop = b.create("/deployments", {"name": "soak", "definition": {"type": "noop"}})
    path = "/experiments/%s/executions" % experiment
    large = b.create(path, {"result": json.dumps({"experiment": {"title": "large"}, "run": ["y" * 1000] * 14000}), "log": ""})
    _, database, _ = server.postgres()
    kubeconfig = json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "users": [{"name": "u", "user": {"token": "t"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:%d" % database, "insecure-skip-tls-verify": True}}]})
    status, made = b.call("POST", "/deployments", {"name": "inward", "definition": {
        "type": "k8s_job", "namespace": "soak", "image": "soak", "credentials": kubeconfig}})
    plans = [cron_plan(b, noop, experiment, policies={"catch_up": "all", "catch_up_window_seconds": 604800}) for _ in range(3)]
    sql(server, "update plan set next_fire_at = now() - interval '6 days 23 hours' where id in (%s)" % ",".join("'%s'" % p for p in plans))
    return {"experiment": experiment, "noop": noop, "large": "%s/%s/results" % (path, large),
            "inward": made["id"] if status == 201 else noop}


def fires_of(server, plans, since, until):
    """The latest of A's fires between two moments of the database, in seconds, and how many were not run."""
    ids = ",".join("'%s'" % p for p in plans)
    [[latest, missing]] = sql(server, """
        with expected as (select p.id, t.at from plan p, generate_series(date_trunc('minute', timestamptz '%s') + interval '1 min',
                              timestamptz '%s' - interval '10 s', interval '1 min') as t (at) where p.id in (%s))
        select coalesce(max(extract(epoch from coalesce(r.claimed_at, timestamptz '%s') - e.at)), 0),
               count(*) filter (where r.id is null or r.state = 'missed')
        from expected e left join run r on r.plan_id = e.id and r.nominal_time = e.at""" % (since, until, ids, until))
    return float(latest), int(missing)


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000 if times else float("nan")


def now_of(server):
    return sql(server, "select now()")[0][0]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=10, help="of attack")
    options.add_argument("--alone", type=float, default=2, help="minutes before it")
    options.add_argument("--without", default="", help="attacks to leave out: " + ", ".join(ATTACKS))
    chosen = options.parse_args()
    if not shutil.which("psql"):
        sys.exit("'psql' is needed (Debian: apt-get install postgresql-client)")
    directory = tempfile.mkdtemp(prefix="reliably-soak-")
    server, attackers, stopped = Server(directory), [], threading.Event()
    try:
        a = Connection(server.port, server.base, server.token)
        noop, experiment = a.create("/deployments", {"name": "nothing", "definition": {"type": "noop"}}), experiment_of(a)
        plans = [cron_plan(a, noop, experiment) for _ in range(PLANS)]
        notes = []
        for _ in range(CLIENTS):
            Ordinary(Connection(server.port, server.base, server.token), experiment, plans, notes, stopped).start()
        time.sleep(15)  # warms up
        alone_from, alone_since = time.monotonic(), now_of(server)
        time.sleep(chosen.alone * 60)
        attack_from, attack_since = time.monotonic(), now_of(server)

        b = Connection(server.port, server.other_base, server.other_token)
        facts = prepare_attack(server, b)
        for name in ATTACKS:
            if name not in chosen.without.split(","):
                process = multiprocessing.Process(target=attack, args=(name, b.port, b.base, b.token, facts), daemon=True)
                process.start()
                attackers.append(process)
        resident = 0
        while time.monotonic() < attack_from + chosen.minutes * 60 and server.process.poll() is None:
            resident = max(resident, resident_mb(server.process.pid))
            time.sleep(1)
        died = server.process.poll() is not None
        until = attack_from + chosen.minutes * 60
        end = None if died else now_of(server)
        stopped.set()
        for process in attackers:
            process.terminate()
        if died:
            sys.exit("the server ended under attack; see %s" % server.log.name)

        alone = [took for at, took, _ in notes if alone_from <= at < attack_from]
        attacked = [took for at, took, _ in notes if attack_from <= at < until]
        ratio = percentile(attacked, 0.99) / percentile(alone, 0.99)
        latest_alone, missing_alone = fires_of(server, plans, alone_since, attack_since)
        latest, missing = fires_of(server, plans, attack_since, end)
        [[pending]] = sql(server, "select count(*) from run where state = 'pending'")
        print("A alone: %d requests, p50 %.1f ms, p99 %.1f ms; latest fire %.2f s, %d not run"
              % (len(alone), percentile(alone, 0.5), percentile(alone, 0.99), latest_alone, missing_alone))
        print("A under attack: %d requests, p50 %.1f ms, p99 %.1f ms; %s runs pending at the end"
              % (len(attacked), percentile(attacked, 0.5), percentile(attacked, 0.99), pending))
        found = {"p99 under attack, times alone": ratio,
                 "answers of 500 and above": sum(1 for _, _, status in notes if status is not None and status >= 500),
                 "requests without an answer": sum(1 for at, _, status in notes if status is None and at < until),
                 "latest fire, seconds": latest, "fires not run": missing, "resident MB": resident}
        broken = [what for what, bound in BOUNDS.items() if not found[what] <= bound]
        for what, bound in BOUNDS.items():
            print("  %-30s %8.2f, at most %s%s" % (what, found[what], bound, "   BROKEN" if what in broken else ""))
        if broken:
            shutil.copy(server.log.name, "soak-server.log")
            sys.exit("broken: %s; the server's log is in soak-server.log" % ", ".join(broken))
    finally:
        stopped.set()
        for process in attackers:
            process.kill()
        if server.process.poll() is None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
