#!/usr/bin/env python3
"""Measures how soon many containers run at once, and what following them costs; docs/benchmarks.md says how to read it.

Starts plans in containers of a program that only waits, on the engine of DOCKER_HOST, and removes everything. Needs a built
server, Docker's command line, and an image with a shell.

    src/benchmark/containers.py [--runs 50] [--image busybox]
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import Server  # noqa: E402

LINE = "a line of output of the usual length, a few times a second, from every container at once"


def docker(*arguments):
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout.strip()


def waiting_image(base):
    """In place of the Reliably CLI: what is measured is the server, not the client."""
    image = "local/reliably-benchmark:%d" % os.getpid()
    container = docker("create", "--network", "none", base, "true")
    script = "trap 'exit 2' TERM; while :; do echo %s; sleep 0.25; done" % LINE
    docker("commit", "--change", "ENTRYPOINT " + json.dumps(["sh", "-c", script]), container, image)
    docker("rm", container)
    return image


def status(pid):
    values = {}
    for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines():
        name, _, value = line.partition(":")
        values[name] = value.split()[0] if value.split() else ""
    return int(values["Threads"]), int(values["VmRSS"]) // 1024


def cpu(pid):
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def java_of(pid):
    """The server's own process: the start script may have become it, or have started it."""
    for candidate in [pid] + [int(p) for p in subprocess.run(
            ["pgrep", "-P", str(pid)], stdout=subprocess.PIPE, universal_newlines=True).stdout.split()]:
        if "java" in pathlib.Path("/proc/%d/cmdline" % candidate).read_text().split("\0")[0]:
            return candidate
    return pid


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=50)
    options.add_argument("--image", default="busybox")
    options.add_argument("--seconds", type=int, default=20, help="how long they are followed")
    given = options.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="reliably-benchmark-"))
    image = waiting_image(given.image)
    os.environ.update(RELIABLY_DOCKER_AT_ONCE=str(given.runs), RELIABLY_DOCKER_GRACE="PT2S")
    server = Server(directory)
    try:
        pid = java_of(server.process.pid)
        deployment = server.create("/deployments", {"name": "containers", "definition": {
            "type": "container", "image": image, "network_mode": "host", "pull_policy": "never", "limits": {"memory": "64m"}}})
        experiment = server.create("/experiments", {"definition": json.dumps({"title": "benchmark", "description": "n/a", "method": []})})
        # Classes are loaded, and the engine is known, before anything is measured.
        measure(server, pid, deployment, experiment, 1, 1)
        print("| | containers | threads before | threads after | RSS before MB | RSS after MB | launch p50 s | launch max s | CPU while followed |")
        print("|---|---|---|---|---|---|---|---|---|")
        print(measure(server, pid, deployment, experiment, given.runs, given.seconds))
    finally:
        server.stop()
        for container in docker("ps", "-aq", "--filter", "label=reliably.com/org=" + server.org).split():
            docker("rm", "-f", container)
        docker("rmi", image)
    shutil.rmtree(directory)


def measure(server, pid, deployment, experiment, number, seconds):
    threads_before, rss_before = status(pid)
    asked = {}
    for i in range(number):
        at = time.time()
        plan = server.create("/plans", {"title": "waits %d" % i, "deployment": {"deployment_id": deployment},
                                        "experiments": [experiment], "schedule": {"type": "now"}})
        asked[plan] = at
    started = {}
    while len(started) < number:
        running = docker("ps", "-q", "--no-trunc", "--filter", "label=reliably.com/org=" + server.org).split()
        if len(running) >= number:
            for one in json.loads(docker("inspect", *running)):
                # Nanoseconds are more than Python reads.
                at = one["State"]["StartedAt"][:26].rstrip("Z")
                started[one["Config"]["Labels"]["plan_id"]] = (
                    time.mktime(time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + float("0" + at[19:]))
        if time.time() - max(asked.values()) > 300:
            sys.exit("only %d containers began; see %s" % (len(running), server.log.name))
        time.sleep(0.2)
    delays = [started[plan] - at for plan, at in asked.items()]
    time.sleep(3)
    cpu_before = cpu(pid)
    time.sleep(seconds)
    used = (cpu(pid) - cpu_before) / seconds
    threads_after, rss_after = status(pid)
    for plan in asked:
        for run in server.call("GET", server.base + "/plans/%s/runs" % plan)["items"]:
            server.call("POST", server.base + "/runs/%s/cancel" % run["id"], {})
    while docker("ps", "-aq", "--filter", "label=reliably.com/org=" + server.org):
        time.sleep(0.5)
    return "| | %d | %d | %d | %d | %d | %.1f | %.1f | %.2f |" % (
        number, threads_before, threads_after, rss_before, rss_after, percentile(delays, 0.5), max(delays), used)


if __name__ == "__main__":
    main()
