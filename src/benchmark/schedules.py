#!/usr/bin/env python3
"""Measures how soon what is due is run; docs/benchmarks.md says how to read it.

Two servers share the database of the first. 10,000 plans with noop deployments come due in the same minute; then single
plans come due on idle servers. Needs psql and pgbench on the PATH (Debian: postgresql-contrib, postgresql-client), and a
built server.

    src/benchmark/schedules.py [--plans 10000] [--singles 60] [--servers 2]
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import ROOT, Server, cpu_of, cpu_of_children, free_port, resident_mb  # noqa: E402


class Replica:
    """Another server on the first one's database."""

    def __init__(self, first, number):
        _, database, password = first.postgres()
        port = free_port()
        env = dict(os.environ, RELIABLY_DATA_DIR=str(first.directory / ("data-%d" % number)), QUARKUS_HTTP_PORT=str(port),
                   QUARKUS_HTTP_HOST="127.0.0.1", QUARKUS_DATASOURCE_REACTIVE_URL="postgresql://127.0.0.1:%d/postgres" % database,
                   QUARKUS_DATASOURCE_USERNAME="postgres", QUARKUS_DATASOURCE_PASSWORD=password,
                   RELIABLY_ENCRYPTION_KEYS=(first.directory / "data/encryption-keys").read_text().strip())
        self.process = subprocess.Popen([str(ROOT / "src/main/scripts/reliably-server")], env=env, stdout=first.log,
                                        stderr=subprocess.STDOUT)
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/q/health/ready" % port, timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    sys.exit("a replica did not start; see %s" % first.log.name)
                time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def sql(server, statement):
    """The rows of a statement, as lists of text."""
    _, port, password = server.postgres()
    env = dict(os.environ, PGPASSWORD=password, PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres")
    out = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", statement], env=env,
                         stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def update_rate(server):
    """Transactions per second that pgbench gets from the same database with 16 connections: a row updated, one inserted."""
    _, port, password = server.postgres()
    env = dict(os.environ, PGPASSWORD=password, PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres")
    sql(server, "create database pgbench")
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    subprocess.run(["pgbench", "-i", "-q", "-s", "10", "pgbench"], env=env, **quiet)
    answer = subprocess.run(["pgbench", "-N", "-M", "prepared", "-c", "16", "-j", "2", "-T", "10", "pgbench"], env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True, check=True).stdout
    sql(server, "drop database pgbench")
    return float(re.search(r"tps = ([\d.]+)", answer).group(1))


def template(server):
    """A plan to make the others of; it never fires by itself."""
    deployment = server.create("/deployments", {"name": "nothing", "definition": {"type": "noop"}})
    experiment = server.create("/experiments", {"definition": json.dumps({"title": "benchmark", "description": "n/a", "method": []})})
    return server.create("/plans", {"title": "benchmark", "deployment": {"deployment_id": deployment}, "experiments": [experiment],
                                    "schedule": {"type": "cron", "pattern": "0 0 1 1 *"}})


def copies(server, plan, number, due):
    """Makes plans as the API would, many at once; their next fire is where the SQL expression says."""
    columns = [row[0] for row in sql(server, "select column_name from information_schema.columns where table_name = 'plan'"
                                             " and column_name not in ('id', 'next_fire_at')")]
    sql(server, """
        with made as (insert into plan (id, next_fire_at, %s)
                      select gen_random_uuid(), %s, %s from plan, generate_series(1, %d) i where plan.id = '%s' returning id)
        insert into plan_experiment (plan_id, experiment_id, position)
        select made.id, e.experiment_id, 0 from made, plan_experiment e where e.plan_id = '%s'"""
        % (", ".join(columns), due, ", ".join("plan." + c for c in columns), number, plan, plan))
    sql(server, "analyze plan")


def processes(servers):
    return [s.process.pid for s in servers]


def cpu(servers):
    return sum(map(cpu_of, processes(servers))), cpu_of_children(servers[0].postgres()[0])


def storm(servers, plan, number):
    server = servers[0]
    # Just before the minute, so that the servers are idle until then.
    [[due]] = sql(server, "select date_trunc('minute', now()) + case when extract(second from now()) < 40 then interval '1 min'"
                          " else interval '2 min' end")
    copies(server, plan, number, "timestamptz '%s'" % due)
    before, started = cpu(servers), time.monotonic()
    [[wait]] = sql(server, "select extract(epoch from timestamptz '%s' - now())" % due)
    time.sleep(max(0, float(wait)))
    at = time.monotonic()
    before = cpu(servers)
    while time.monotonic() - at < 300:
        [[unfinished]] = sql(server, "select %d - count(*) from run where nominal_time = '%s' and ended_at is not null" % (number, due))
        if int(unfinished) <= 0:
            break
        time.sleep(0.5)
    took, after = time.monotonic() - at, cpu(servers)
    [row] = sql(server, """
        select count(*), count(distinct plan_id), count(*) filter (where state = 'succeeded'),
               extract(epoch from max(created_at) - min(nominal_time)), extract(epoch from max(claimed_at) - min(nominal_time)),
               extract(epoch from max(ended_at) - min(nominal_time)),
               extract(epoch from percentile_disc(0.5) within group (order by claimed_at) - min(nominal_time)),
               count(distinct owner)
        from run where nominal_time = '%s'""" % due)
    print("%s plans due in one minute: %s runs of %s plans, %s succeeded, by %s servers" % (number, row[0], row[1], row[2], row[7]))
    print("  seconds after the minute: last stored %.1f, half claimed %.1f, last claimed %.1f, last ended %.1f"
          % (float(row[3]), float(row[6]), float(row[4]), float(row[5])))
    print("  processors used until then: servers %.2f, PostgreSQL %.2f; resident MB: %s" % (
        (after[0] - before[0]) / took, (after[1] - before[1]) / took, ", ".join("%.0f" % resident_mb(p) for p in processes(servers))))
    return number / float(row[5])


def singles(servers, plan, number):
    """Each at a moment of its own, the servers idle between them."""
    server = servers[0]
    sql(server, "delete from run")
    moments, at = [], 3.0
    for _ in range(number):
        at += random.uniform(0.6, 1.4)
        moments.append(at)
    copies(server, plan, number, "now() + (array[%s])[i] * interval '1 s'" % ",".join("%.3f" % m for m in moments))
    time.sleep(at + 5)
    rows = sql(server, "select extract(epoch from claimed_at - nominal_time), extract(epoch from ended_at - nominal_time) from run"
                       " where state = 'succeeded'")
    if len(rows) != number:
        sys.exit("%d single plans gave %d runs" % (number, len(rows)))
    for name, column in (("claimed", 0), ("launched", 1)):
        times = sorted(float(row[column]) for row in rows)
        print("  single plan on idle servers, %s after it was due: p50 %.0f ms, p95 %.0f ms, max %.0f ms" % (
            name, times[len(times) // 2] * 1000, times[int(len(times) * 0.95)] * 1000, times[-1] * 1000))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--plans", type=int, default=10000)
    options.add_argument("--singles", type=int, default=60)
    options.add_argument("--servers", type=int, default=2)
    options.add_argument("--keep", action="store_true", help="keep the data directory")
    chosen = options.parse_args()
    for tool in ("pgbench", "psql"):
        if not shutil.which(tool):
            sys.exit("'%s' is needed (Debian: apt-get install postgresql-contrib postgresql-client)" % tool)
    directory = tempfile.mkdtemp(prefix="reliably-benchmark-")
    servers = [Server(directory)]
    try:
        servers += [Replica(servers[0], i) for i in range(2, chosen.servers + 1)]
        reference = update_rate(servers[0])
        plan = template(servers[0])
        storm(servers, plan, 200)  # warms up
        rate = storm(servers, plan, chosen.plans)
        print("  %.0f runs/s from due to ended; pgbench -N beside it: %.0f transactions/s; ratio %.2f" % (rate, reference, rate / reference))
        singles(servers, plan, chosen.singles)
    finally:
        for server in reversed(servers):
            server.stop()
        if not chosen.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
