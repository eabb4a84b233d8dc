#!/usr/bin/env python3
"""Measures the server on this machine, with its database and the load beside it; docs/benchmarks.md says how to read it.

Needs wrk and pgbench on the PATH (Debian: wrk, postgresql-contrib), and a built server. Sends load to this machine only.

    src/benchmark/benchmark.py [--seconds 10] [--connections 1,32] [--only NAME,…]
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "src/test/resources/contract"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Server:
    """The packaged server, started as a user would, on a data directory of its own."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        env = dict(os.environ, RELIABLY_DATA_DIR=str(self.directory / "data"), QUARKUS_HTTP_PORT=str(self.port),
                   QUARKUS_HTTP_HOST="127.0.0.1")
        self.log = open(self.directory / "server.log", "w")
        started = time.monotonic()
        self.process = subprocess.Popen([str(ROOT / "src/main/scripts/reliably-server")], env=env, stdout=self.log,
                                        stderr=subprocess.STDOUT)
        while True:
            try:
                urllib.request.urlopen(self.url + "/q/health/ready", timeout=1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - started > 120:
                    sys.exit("the server did not start; see %s" % self.log.name)
                time.sleep(0.05)
        self.token = (self.directory / "data/token").read_text().strip()
        self.org = self.call("GET", "/api/v1/organization")["items"][0]["id"]
        self.base = "/api/v1/organization/" + self.org
        # What is created goes elsewhere, so that lists stay as long as they are said to be.
        other = self.call("POST", "/api/v1/organization", {"name": "created by the benchmark"})
        self.other_base, self.other_token = "/api/v1/organization/" + other["id"], other["token"]["token"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={
            "Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def create(self, path, body):
        return self.call("POST", self.base + path, body)["id"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def postgres(self):
        """Port and password of the embedded database."""
        data = self.directory / "data"
        lines = next(data.glob("postgres-*/postmaster.pid")).read_text().splitlines()
        return int(lines[0]), int(lines[3]), (data / "database-password").read_text().strip()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_children(parent):
    total = cpu_of(parent)
    with open("/proc/%d/stat" % parent) as f:
        fields = f.read().rpartition(")")[2].split()
    total += (int(fields[13]) + int(fields[14])) / TICKS
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    fields = f.read().rpartition(")")[2].split()
                if int(fields[1]) == parent:
                    total += (int(fields[11]) + int(fields[12])) / TICKS
            except OSError:
                pass
    return total


def resident_mb(pid):
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[1]) * PAGE / 1e6


def recorded_reports():
    """The bodies of the recorded PUT …/results, in order."""
    reports = []
    for recording in sorted(RECORDINGS.glob("cli-*.jsonl")):
        for line in recording.read_text().splitlines():
            exchange = json.loads(line)
            if exchange["method"] == "PUT" and exchange["path"].endswith("/results"):
                body = exchange["request_body"]
                reports.append(json.loads(body) if isinstance(body, str) else body)
    return reports


def prepare(server):
    """What the measurements work on: 1,000 deployments, an experiment, and executions to report to."""
    ids = [server.create("/deployments", {"name": "deployment %04d" % i, "definition": {"type": "noop"}}) for i in range(1000)]
    experiment = server.create("/experiments", {"definition": json.dumps(
        {"title": "benchmark", "description": "n/a", "method": [{"type": "action", "name": "say", "provider": {
            "type": "process", "path": "echo", "arguments": "hello"}}]})})
    executions = [server.create("/experiments/%s/executions" % experiment, {"result": json.dumps({"status": "running"})})
                  for _ in range(64)]
    return ids, experiment, executions


def lua(value):
    """A Lua string that holds any text."""
    level = "=" * 8
    return "[%s[\n%s]%s]" % (level, value, level)


def scenarios(server):
    ids, experiment, executions = prepare(server)
    reports = [json.dumps(dict(r, plan_id=None)) for r in recorded_reports()]
    first = json.dumps({"result": json.loads(reports[0])["result"], "plan_id": None})
    get = 'request = function() return wrk.format("GET", %s) end\n'
    by_id = ("local ids = {%s}\nrequest = function() return wrk.format('GET', '%s/deployments/' .. ids[math.random(#ids)]) end\n"
             % (",".join("'%s'" % i for i in ids), server.base))
    create = ("local n = 0\nlocal counter = 0\nfunction setup(thread) thread:set('id', counter) counter = counter + 1 end\n"
              "request = function() n = n + 1 return wrk.format('POST', '%s/deployments', nil,"
              " '{\"name\":\"' .. run_name .. '-' .. id .. '-' .. n .. '\",\"definition\":{\"type\":\"noop\"}}') end\n" % server.other_base)
    report = ("local bodies = {%s}\nlocal ids = {%s}\nlocal n = math.random(1000)\nrequest = function() n = n + 1 return wrk.format('PUT',"
              " '%s/experiments/%s/executions/' .. ids[n %% #ids + 1] .. '/results', nil, bodies[n %% #bodies + 1]) end\n"
              % (",".join(map(lua, reports)), ",".join("'%s'" % e for e in executions), server.base, experiment))
    start = ("local body = %s\nrequest = function() return wrk.format('POST', '%s/experiments/%s/executions', nil, body) end\n"
             % (lua(first), server.base, experiment))
    return {
        "deployment by id": by_id,
        "list of 10 out of 1000": get % ("'%s/deployments?limit=10'" % server.base),
        "create deployment": create,
        "create execution": start,
        "PUT results": report,
    }


def script_for(server, body, run):
    token = server.other_token if server.other_base in body else server.token
    return ("wrk.headers['Authorization'] = 'Bearer %s'\nwrk.headers['Content-Type'] = 'application/json'\nrun_name = '%s'\n"
            % (token, run)) + body


def seconds_of(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)$", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[unit]


def drive(server, name, body, connections, seconds):
    script = server.directory / "load.lua"
    script.write_text(script_for(server, body, "%s-%d-%d" % (name.split()[0], connections, time.time_ns())))
    pid, (postgres, _, _) = server.process.pid, server.postgres()
    before = cpu_of(pid), cpu_of_children(postgres), resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    answer = subprocess.run(["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", "%ds" % seconds, "--latency",
                             "-s", str(script), server.url], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    took = time.monotonic() - started
    if "-nan" in answer:
        sys.exit("wrk got no answer at all:\n" + answer)
    after = cpu_of(pid), cpu_of_children(postgres), resource.getrusage(resource.RUSAGE_CHILDREN)
    load = after[2].ru_utime + after[2].ru_stime - before[2].ru_utime - before[2].ru_stime
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", answer)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", answer)
    errors = (int(wrong.group(1)) if wrong else 0) + (sum(map(int, sockets.groups())) if sockets else 0)
    return {
        "what": name, "connections": connections,
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", answer).group(1)),
        "p50": seconds_of(re.search(r"^ +50% +(\S+)", answer, re.MULTILINE).group(1)) * 1000,
        "p99": seconds_of(re.search(r"^ +99% +(\S+)", answer, re.MULTILINE).group(1)) * 1000,
        "errors": errors,
        "server": (after[0] - before[0]) / took, "postgres": (after[1] - before[1]) / took, "load": load / took,
        "resident": resident_mb(pid),
    }


def pgbench(server, connections, seconds):
    """What the same database does for the simplest read, prepared, with the load beside it."""
    _, port, password = server.postgres()
    env = dict(os.environ, PGPASSWORD=password, PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres")
    subprocess.run(["psql", "-q", "-d", "postgres", "-c", "create database pgbench"], env=env, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["pgbench", "-i", "-q", "pgbench"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    answer = subprocess.run(["pgbench", "-S", "-M", "prepared", "-c", str(connections), "-j", str(min(2, connections)), "-T",
                             str(seconds), "pgbench"], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            universal_newlines=True, check=True).stdout
    return float(re.search(r"tps = ([\d.]+)", answer).group(1))


def time_to_ready(server):
    """Seconds from the start script to the first 200 on /q/health/ready, with an external database (the other server's)."""
    _, database, password = server.postgres()
    port = free_port()
    env = dict(os.environ, RELIABLY_DATA_DIR=str(server.directory / "second"), QUARKUS_HTTP_PORT=str(port),
               QUARKUS_HTTP_HOST="127.0.0.1", QUARKUS_DATASOURCE_REACTIVE_URL="postgresql://127.0.0.1:%d/postgres" % database,
               QUARKUS_DATASOURCE_USERNAME="postgres", QUARKUS_DATASOURCE_PASSWORD=password)
    started = time.monotonic()
    process = subprocess.Popen([str(ROOT / "src/main/scripts/reliably-server")], env=env, stdout=server.log, stderr=subprocess.STDOUT)
    try:
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/q/health/ready" % port, timeout=1).close()
                return time.monotonic() - started
            except OSError:
                if process.poll() is not None:
                    sys.exit("the second server did not start; see %s" % server.log.name)
                time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=10, help="how long each measurement takes (at most 60)")
    options.add_argument("--connections", default="1,32")
    options.add_argument("--only", default="", help="names of measurements, separated by commas")
    options.add_argument("--keep", action="store_true", help="keep the data directory")
    chosen = options.parse_args()
    seconds = min(chosen.seconds, 60)
    for tool in ("wrk", "pgbench", "psql"):
        if not shutil.which(tool):
            sys.exit("'%s' is needed (Debian: apt-get install wrk postgresql-contrib postgresql-client)" % tool)
    directory = tempfile.mkdtemp(prefix="reliably-benchmark-")
    server = Server(directory)
    try:
        every = scenarios(server)
        wanted = {n: s for n, s in every.items() if not chosen.only or n in chosen.only.split(",")}
        print("warming up", flush=True)
        for name, body in wanted.items():
            drive(server, name, body, 32, max(3, seconds // 2))
        print("%-26s %5s %9s %8s %8s %7s %7s %9s %6s %8s %9s" % ("", "conn.", "req/s", "p50 ms", "p99 ms", "errors", "CPU srv",
                                                               "CPU pg", "load", "RSS MB", "/ pgbench"))
        for connections in map(int, chosen.connections.split(",")):
            reference = pgbench(server, connections, max(3, seconds // 2))
            print("%-26s %5d %9.0f" % ("pgbench -S", connections, reference), flush=True)
            for name, body in wanted.items():
                r = drive(server, name, body, connections, seconds)
                print("%-26s %5d %9.0f %8.2f %8.2f %7d %7.2f %9.2f %6.2f %8.0f %9.2f" % (
                    name, connections, r["rate"], r["p50"], r["p99"], r["errors"], r["server"], r["postgres"], r["load"],
                    r["resident"], r["rate"] / reference), flush=True)
        print("ready with an external database, seconds: " + ", ".join("%.1f" % time_to_ready(server) for _ in range(5)))
    finally:
        server.stop()
        if not chosen.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
