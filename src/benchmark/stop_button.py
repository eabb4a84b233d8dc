#!/usr/bin/env python3
"""Measures how soon the stop button reaches every run; docs/benchmarks.md says how to read it.

Starts managed runs of a program that only waits, presses the button, and reads from what each left when it was told to end.
Needs a built server.

    src/benchmark/stop_button.py [--runs 100]
"""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import Server  # noqa: E402

WAIT = '''
import os, pathlib, signal, sys, time

def told(signum, frame):
    mark("told")
    sys.exit(2)

def mark(what):
    path = pathlib.Path(os.environ["BENCHMARK_MARKS"], os.environ["RELIABLY_RUN_ID"] + "." + what)
    path.with_suffix(".new").write_text(repr(time.time()))
    path.with_suffix(".new").rename(path)

def main():
    signal.signal(signal.SIGTERM, told)
    mark("began")
    time.sleep(600)
'''


def waiting_program(directory):
    """A package in place of the Reliably CLI: what is measured is the server, not the client."""
    wheel = directory / "waiting-1.0-py3-none-any.whl"
    info = "waiting-1.0.dist-info/"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("waiting.py", WAIT)
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: waiting\nVersion: 1.0\n")
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: benchmark\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(info + "entry_points.txt", "[console_scripts]\nreliably = waiting:main\n")
        archive.writestr(info + "RECORD", "")
    return wheel


def marks(directory, what):
    return {p.stem: float(p.read_text()) for p in directory.glob("*." + what)}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=100)
    number = options.parse_args().runs
    directory = pathlib.Path(tempfile.mkdtemp(prefix="reliably-benchmark-"))
    left = directory / "marks"
    left.mkdir()
    os.environ.update(RELIABLY_MANAGED_PACKAGES=str(waiting_program(directory)), RELIABLY_MANAGED_CONSTRAINTS="",
                      RELIABLY_MANAGED_AT_ONCE=str(number), RELIABLY_MANAGED_PASS_THROUGH="PIP_*,BENCHMARK_MARKS",
                      BENCHMARK_MARKS=str(left))
    server = Server(directory)
    try:
        deployment = server.create("/deployments", {"name": "managed", "definition": {"type": "reliably_cli", "mode": "managed"}})
        experiment = server.create("/experiments", {"definition": json.dumps({"title": "benchmark", "description": "n/a", "method": []})})
        asked = time.time()
        for i in range(number):
            server.create("/plans", {"title": "waits %d" % i, "deployment": {"deployment_id": deployment}, "experiments": [experiment],
                                     "schedule": {"type": "now"}})
        while len(marks(left, "began")) < number:
            if time.time() - asked > 300:
                sys.exit("only %d runs began; see %s" % (len(marks(left, "began")), server.log.name))
            time.sleep(0.2)
        print("%d managed runs are running, %.1f s after the first was asked for" % (number, time.time() - asked))
        time.sleep(5)
        pressed = time.time()
        answer = server.call("POST", server.base + "/halt", {"reason": "benchmark"})
        answered = time.time()
        while len(marks(left, "told")) < number and time.time() - pressed < 120:
            time.sleep(0.05)
        told = sorted(at - pressed for at in marks(left, "told").values())
        if len(told) < number or len(answer["runs"]) != number:
            sys.exit("%d runs were named, %d of %d were told" % (len(answer["runs"]), len(told), number))
        print("the button was answered, naming all of them, after %.0f ms; runs were told to end after: first %.0f ms, median"
              " %.0f ms, last %.0f ms" % ((answered - pressed) * 1000, told[0] * 1000, told[number // 2] * 1000, told[-1] * 1000))
        while True:
            open_runs = sum(server.call("GET", server.base + "/runs?limit=1&state=" + s)["count"] for s in ("launching", "running"))
            if open_runs == 0 or time.time() - pressed > 120:
                break
            time.sleep(0.2)
        print("all of them had ended, and that was stored, after %.1f s" % (time.time() - pressed))
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
