#!/usr/bin/env python3
"""Measures what a claim costs behind a backlog; docs/benchmarks.md says how to read it.

Fills the database of a server with a million pending runs, in several shapes, and takes a hundred of them up by the server's
own statement, in transactions that are rolled back. The organizations are halted, so that the server leaves them alone. Needs
psql on the PATH, and a built server.

    src/benchmark/backlog.py [--runs 1000000] [--times 9] [--milliseconds 50] [--shapes 0,1,2,3]

Exits with 1 where the least time of any shape is above the bound: a machine that does other things too only ever adds to it. The
last plan of each shape is printed, as PostgreSQL explains it; then a table.
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from benchmark import ROOT, Server  # noqa: E402
from schedules import sql  # noqa: E402

CLAIM = ROOT / "src/main/java/com/reliably/run/ClaimStatement.java"


def claim(most):
    """The server's statement, with its parameters filled in."""
    text = CLAIM.read_text()
    statement = re.search(r'CLAIM = """\n(.*?)"""', text, re.S).group(1)
    kinds = re.search(r'OF_TYPES = "(.*?)";', text).group(1)
    values = {1: str(most), 2: "'benchmark'", 3: "30", 4: "'benchmark'", 5: "''", 6: "''", 7: "''"}
    return re.sub(r"\?(\d)", lambda found: values[int(found.group(1))], statement.replace("%s", kinds))


def fill(server, name, organizations, plans, runs, overlap="forbid"):
    """So many organizations with so many plans each, and of each plan so many pending runs, a minute apart."""
    sql(server, """
        set session_replication_role = replica;
        delete from run; delete from run_queue; delete from plan_last_execution; delete from plan; delete from deployment;
        insert into organization (id, name, created_at, halted_at)
        select gen_random_uuid(), '%(name)s ' || i, now(), now() from generate_series(1, %(organizations)d) i;
        insert into deployment (id, org_id, name, type, definition, created_at, updated_at, version)
        select gen_random_uuid(), id, 'benchmark', 'benchmark', '{}', now(), now(), 0 from organization where name like '%(name)s %%';
        insert into plan (id, org_id, deployment_id, definition, ref, status, overlap, created_at, updated_at, version)
        select gen_random_uuid(), d.org_id, d.id, '{}', 'benchmark', 'created', '%(overlap)s', now(), now(), 0
        from deployment d, generate_series(1, %(plans)d);
        insert into run (id, org_id, plan_id, deployment_id, deployment_type, state, trigger, nominal_time, created_at)
        select gen_random_uuid(), p.org_id, p.id, p.deployment_id, 'benchmark', 'pending', 'schedule',
               now() - i * interval '1 min', now() - i * interval '1 min'
        from plan p, generate_series(1, %(runs)d) i;
        set session_replication_role = origin;
        select count(run_queue_refresh(plans, '{}')) from (
            select array_agg(id) as plans from (select id, ntile(100) over () as part from plan) p group by part) parts;
        """ % dict(name=name, organizations=organizations, plans=plans, runs=runs, overlap=overlap))
    sql(server, "vacuum analyze")


def measure(server, times, most):
    """Milliseconds of each try, how many pages were touched, and the last plan."""
    took, plan = [], []
    for _ in range(times + 1):
        rows = sql(server, "begin; update organization set halted_at = null; explain (analyze, buffers) %s; rollback" % claim(most))
        plan = [row[0] for row in rows]
        # Its triggers, which write the history, the events and the queue, are in it.
        took.append(float(re.search(r"Execution Time: ([\d.]+)", "\n".join(plan)).group(1)))
    pages = sum(int(n) for n in re.findall(r"(?:hit|read)=(\d+)", plan[1]))
    return sorted(took[1:]), pages, plan


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=1000000)
    options.add_argument("--times", type=int, default=9)
    options.add_argument("--milliseconds", type=float, default=50)
    options.add_argument("--shapes", default="0,1,2,3")
    chosen = options.parse_args()
    if not shutil.which("psql"):
        sys.exit("'psql' is needed (Debian: apt-get install postgresql-client)")
    runs, too_slow = chosen.runs, []
    shapes = [
        ("50 organizations, 20 plans each", 50, 20, runs // 1000, "forbid"),
        ("3 plans of one organization", 1, 3, runs // 3, "forbid"),
        ("50 organizations, 20 plans each, whose runs may overlap", 50, 20, runs // 1000, "allow"),
        ("100 organizations, 1000 plans each", 100, 1000, runs // 100000, "forbid"),
    ]
    shapes = [shapes[int(number)] for number in chosen.shapes.split(",")]
    directory = tempfile.mkdtemp(prefix="reliably-benchmark-")
    server = Server(directory)
    table = ["| pending runs | least ms | median | longest | pages | load |", "|---|---|---|---|---|---|"]
    try:
        for name, organizations, plans, each, overlap in shapes:
            if each < 1:
                continue
            fill(server, name, organizations, plans, each, overlap)
            took, pages, plan = measure(server, chosen.times, 100)
            print("\n".join(plan), flush=True)
            table.append("| %d: %s | %.1f | %.1f | %.1f | %d | %.1f |" % (
                organizations * plans * each, name, took[0], took[len(took) // 2], took[-1], pages, os.getloadavg()[0]))
            print(table[-1], flush=True)
            if took[0] > chosen.milliseconds:
                too_slow.append(name)
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print("\n".join(table))
    if too_slow:
        sys.exit("more than %.0f ms: %s" % (chosen.milliseconds, "; ".join(too_slow)))


if __name__ == "__main__":
    main()
