#!/usr/bin/env python3
"""Measures how long pages of long lists take; docs/benchmarks.md says how to read it.

Fills the tables of one organization by SQL and asks for the first page, page 1,000 and the last one of each list, each several
times; what is printed is the least, because a machine that does other things too only ever adds to it. Needs psql on the
PATH (Debian: postgresql-client), and a built server.

    src/benchmark/lists.py [--plans 100000] [--experiments 30000] [--executions 100000] [--runs 100000] [--times 7]
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import Server  # noqa: E402
from schedules import copies, sql, template  # noqa: E402

LONGEST_MS = 200


def fill(server, plan, options):
    copies(server, plan, options.plans - 1, "null")
    sql(server, "update plan set created_at = now() - random() * interval '100 days'")
    sql(server, """
        insert into experiment (id, org_id, title, definition, created_at, updated_at, version)
        select gen_random_uuid(), org_id, 'experiment ' || i, jsonb_build_object('title', 'experiment ' || i, 'description',
               'n/a', 'method', (select jsonb_agg(jsonb_build_object('name', 'step ' || k, 'type', 'action', 'provider',
               jsonb_build_object('type', 'process', 'path', md5(i::text || k)))) from generate_series(1, 10) k)), now(), now(), 0
        from (select org_id from experiment limit 1) o, generate_series(2, %d) i""" % options.experiments)
    sql(server, """
        insert into execution (id, org_id, experiment_id, plan_id, created_at, status, deviated, state, summary, journal)
        select gen_random_uuid(), p.org_id, e.experiment_id, p.id, now() - random() * interval '100 days', 'completed', false,
               '{"current": "finished"}', '{"status": "completed"}', '{"status": "completed"}'
        from (select id, org_id from plan limit %d) p join plan_experiment e on e.plan_id = p.id""" % options.executions)
    sql(server, """
        insert into run (id, org_id, plan_id, deployment_id, state, trigger, created_at)
        select gen_random_uuid(), p.org_id, p.id, p.deployment_id, 'missed', 'schedule', now() - random() * interval '100 days'
        from (select id, org_id, deployment_id from plan limit %d) p""" % options.runs)
    for table in ("plan", "plan_last_execution", "plan_experiment", "experiment", "execution", "run"):
        # What autovacuum does within a minute or so.
        sql(server, "vacuum analyze " + table)


def least_ms(server, path, times):
    """The least time of a request to its last byte, and how many bytes that were."""
    request = urllib.request.Request(server.url + server.base + path, headers={"Authorization": "Bearer " + server.token})
    least = None
    for _ in range(times):
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=120) as answer:
            size = len(answer.read())
        took = (time.perf_counter() - started) * 1000
        least = took if least is None else min(least, took)
    return least, size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plans", type=int, default=100_000)
    parser.add_argument("--experiments", type=int, default=30_000)
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="reliably-benchmark-")
    server = Server(directory)
    try:
        plan = template(server)
        fill(server, plan, options)
        base, _ = least_ms(server, "/plans/" + plan, 3 * options.times)
        print("one plan by its id: %.1f ms; the ratios are to this; load %.1f" % (base, os.getloadavg()[0]))
        print("| | page | ms | ratio | |\n|---|---|---|---|---|")
        lists = [("/plans", options.plans), ("/plans?sort=title", options.plans), ("/plans?sort=next", options.plans),
                 ("/plans?sort=last", options.plans), ("/experiments", options.experiments),
                 ("/experiments/summary", options.experiments), ("/executions", options.executions), ("/runs", options.runs),
                 ("/runs?state=missed", options.runs)]
        slow = 0
        for path, length in lists:
            for page in sorted({1, min(1000, length // 100), length // 100}):
                took, _ = least_ms(server, "%s%slimit=100&page=%d" % (path, "&" if "?" in path else "?", page), options.times)
                slow += took > LONGEST_MS
                print("| `%s` | %d | %.0f | %.0f | %s |" % (path, page, took, took / base, "over %d ms" % LONGEST_MS if took > LONGEST_MS else ""),
                      flush=True)
        experiment = sql(server, "select experiment_id from plan_experiment limit 1")[0][0]
        deployment = sql(server, "select deployment_id from plan limit 1")[0][0]
        for path in ("/experiments/all", "/experiments/%s/plans" % experiment, "/deployments/%s/plans" % deployment):
            took, size = least_ms(server, path, options.times)
            print("| `%s` | all | %.0f | %.0f | %.1f MB |" % (path.replace(experiment, "…").replace(deployment, "…"), took, took / base, size / 1e6))
        print("%d of the pages took more than %d ms; load %.1f" % (slow, LONGEST_MS, os.getloadavg()[0]))
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
