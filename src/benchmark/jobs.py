#!/usr/bin/env python3
"""Measures what it costs the server to follow many Jobs of a cluster at once; docs/benchmarks.md says how to read it.

Starts runs whose Pods print a line every second and do nothing else, more and more of them, and reads the server's threads, memory and
processor time. What does not fit on the cluster's nodes waits there, and is followed too. Needs a built server, and a cluster.

    src/benchmark/jobs.py --kubeconfig FILE [--namespace default] [--image busybox] [--runs 200]
"""

import argparse
import collections
import json
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import Server, cpu_of  # noqa: E402

POD = """
apiVersion: v1
kind: Pod
spec:
  serviceAccountName: default
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  containers:
    - name: client
      image: %s
      command: [sh, -c, "while true; do date; sleep 1; done"]
      resources: {requests: {cpu: 1m, memory: 4Mi}}
"""


def status_of(pid):
    fields = dict(line.split(":", 1) for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines())
    return int(fields["Threads"]), int(fields["VmRSS"].split()[0]) // 1024


def kinds_of_threads(pid):
    names = collections.Counter()
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        names[(task / "comm").read_text().strip().rstrip("0123456789-#").strip()] += 1
    return ", ".join("%s %d" % pair for pair in names.most_common(5))


def states(server):
    return {s: server.call("GET", server.base + "/runs?limit=1&state=" + s)["count"] for s in ("pending", "launching", "running")}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kubeconfig", required=True)
    options.add_argument("--namespace", default="default")
    options.add_argument("--image", default="busybox")
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--measure-for", type=int, default=20, help="seconds for each line")
    given = options.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="reliably-benchmark-"))
    server = Server(directory)
    try:
        deployment = server.create("/deployments", {"name": "cluster", "definition": {
            "type": "k8s_job", "use_default_manifest": False, "manifest": POD % given.image, "namespace": given.namespace,
            "credentials": pathlib.Path(given.kubeconfig).read_text()}})
        experiment = server.create("/experiments", {"definition": json.dumps({"title": "benchmark", "description": "n/a", "method": []})})
        print("| Jobs followed | of them running | threads | RSS MB | CPU |\n|---|---|---|---|---|")
        plans = []
        for number in (0, given.runs // 4, given.runs // 2, given.runs):
            while len(plans) < number:
                plans.append(server.create("/plans", {
                    "title": "job %d" % len(plans), "deployment": {"deployment_id": deployment}, "experiments": [experiment],
                    "schedule": {"type": "now"}}))
            running, since = -1, time.time()
            while time.time() - since < 300:
                now = states(server)
                # Until no more of them begin: the rest has no room.
                if now["pending"] == 0 and now["running"] == running and (running == number or time.time() - changed > 20):
                    break
                if now["running"] != running:
                    running, changed = now["running"], time.time()
                time.sleep(2)
            before = cpu_of(server.process.pid)
            time.sleep(given.measure_for)
            threads, memory = status_of(server.process.pid)
            now = states(server)
            print("| %d | %d | %d | %d | %.2f |" % (now["launching"] + now["running"], now["running"], threads, memory,
                                                    (cpu_of(server.process.pid) - before) / given.measure_for), flush=True)
        print("\nThe threads are: " + kinds_of_threads(server.process.pid))
        ending = time.time()
        for plan in plans:
            server.call("DELETE", server.base + "/plans/" + plan)
        while any(states(server).values()) and time.time() - ending < 300:
            time.sleep(1)
        print("All were cancelled, and cleaned up after, %.0f s after the first was asked to end" % (time.time() - ending))
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
