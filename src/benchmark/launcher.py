#!/usr/bin/env python3
"""What it costs to start the client of a managed run: the launcher of one release beside that of another, in turns.

    launcher.py --runs 20 --mode none DIRECTORY [DIRECTORY…]

Each DIRECTORY has the launcher's scripts of a release (src/main/resources/com/reliably/runner/cli of its tree). The client is a shell that
prints the time; its Python environment is there already. Printed are the time until then, and the processor time of all processes of
the run. `--mode` is that of the confinement: none, default or strict. Linux only; strict is measured with a user of its own where root measures.
"""

import argparse
import http.server
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

START = """
import os, sys
sys.path.insert(0, sys.argv[1])
import launcher
python = sys.argv[3]
if hasattr(launcher, "Environments"):
    launcher.Environments.environment = lambda self: (python, [os.path.dirname(python)])
else:
    launcher.Launcher.environment = lambda self: python
os.setsid()
sys.exit(launcher.Launcher(sys.argv[2]).run())
"""


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments):
        pass


def write(path, content):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(content, f)


def used():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def run(scripts, data, name, mode, url):
    """(seconds until the client began, seconds of processors for the whole run)"""
    directory, client = os.path.join(data, "runs", name), os.path.join(data, "python", "o", "client")
    os.makedirs(directory)
    confinement = {"mode": mode, "hidden": data, "roots": [], "refused_ports": [5432], "limits": {"CORE": 0, "NOFILE": 65536},
                   "uid": 1900000001 if mode == "strict" else None,
                   "most": {"memory_bytes": 4 << 30, "processes": 4096, "disk_bytes": 10 << 30}}
    write(os.path.join(directory, "spec.json"), {
        "arguments": [], "pass_through": ["LANG"], "environments": os.path.join(data, "python", "o"), "timeout_seconds": 600,
        "grace_seconds": 5, "permit_seconds": 60, "token_check_seconds": 600, "output_limit_bytes": 1000000,
        "handover_seconds": 2, "base_dir": None, "confinement": {"mode": "none"} if mode == "none" else confinement})
    write(os.path.join(directory, "environment.json"), {
        "RELIABLY_SERVICE_TOKEN": "t", "RELIABLY_SERVICE_HOST": url, "RELIABLY_HOST": url[len("http://"):],
        "RELIABLY_ORGANIZATION_ID": "o", "RELIABLY_PLAN_ID": "p"})
    write(os.path.join(directory, "permit"), "")
    before, began = used(), time.time()
    subprocess.run([sys.executable, "-I", "-c", START, scripts, directory, os.path.join(client, "python")], cwd=directory, check=True)
    with open(os.path.join(directory, "output.log"), encoding="utf-8") as f:
        return float(f.read().split()[-1]) - began, used() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--mode", choices=["none", "default", "strict"], default="default")
    parser.add_argument("directories", nargs="+")
    given = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    data = tempfile.mkdtemp(prefix="launcher")
    try:
        client = os.path.join(data, "python", "o", "client")
        os.makedirs(client)
        with open(os.path.join(client, "reliably"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec date +%s.%N\n")
        os.chmod(os.path.join(client, "reliably"), 0o755)
        found = {directory: [] for directory in given.directories}
        for turn in range(given.runs):
            for number, directory in enumerate(given.directories):
                found[directory].append(run(os.path.abspath(directory), data, "%d-%d.1" % (turn, number), given.mode,
                                            "http://127.0.0.1:%d" % server.server_address[1]))
        for directory, measured in found.items():
            for what, values in zip(("until the client began", "processor time"), zip(*measured)):
                print("%s: %s: median %.0f ms, least %.0f ms" % (
                    directory, what, 1000 * statistics.median(values), 1000 * min(values)))
    finally:
        shutil.rmtree(data)


if __name__ == "__main__":
    main()
