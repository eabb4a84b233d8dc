package com.reliably.run;

import java.util.Set;

/**
 * The statement that takes up pending runs. It reads the queue of runs that can be claimed (V11__run_queue.sql), never the
 * backlog behind it: a step in an index finds the next organization, and each gives at most its share of what is asked for,
 * those first that have fewest runs under way. A plan, its row of the queue and the run are locked together, the plan first: of
 * a plan that another server has in hand nothing stays locked here, so that claims never wait for each other.
 *
 * <p>Each candidate is looked up by itself ({@code lateral}), other runs by subqueries of one value, and the rows to change are
 * named by an array, so that no estimate of the planner ever makes it read the whole table.
 */
final class ClaimStatement {

    private static final String OF_TYPES = "k.kind = any (string_to_array(?4, ','))";
    private static final String OF_NO_TYPES = "k.kind <> all (string_to_array(?4, ','))";

    // Positions: 1 most, 2 owner, 3 lease in seconds, 4 types, 5 organizations to pass over, 6 and 7 who has how many
    // runs.
    private static final String CLAIM = """
            with recursive kinds (kind) as (
                (select deployment_type from run_queue order by deployment_type limit 1)
                union all
                select (select q.deployment_type from run_queue q where q.deployment_type > k.kind
                        order by q.deployment_type limit 1)
                from kinds k where k.kind is not null),
            places (kind, org_id) as (
                select k.kind, (select q.org_id from run_queue q where q.deployment_type = k.kind order by q.org_id limit 1)
                from kinds k where %s
                union all
                select p.kind, (select q.org_id from run_queue q where q.deployment_type = p.kind and q.org_id > p.org_id
                                order by q.org_id limit 1)
                from places p where p.org_id is not null),
            shares as (
                select p.kind, p.org_id, coalesce(h.runs, 0) as has, count(*) over () as organizations
                from places p join organization o on o.id = p.org_id and o.halted_at is null
                left join unnest(cast(string_to_array(?6, ',') as uuid[]), cast(string_to_array(?7, ',') as integer[]))
                    as h (org_id, runs) on h.org_id = p.org_id
                where p.org_id <> all (cast(string_to_array(?5, ',') as uuid[]))),
            candidates as (
                select c.run_id, c.ready_at,
                       s.has + row_number() over (partition by s.org_id order by c.ready_at, c.run_id) as share
                from shares s cross join lateral (
                    select q.run_id, q.ready_at from run_queue q
                    where q.deployment_type = s.kind and q.org_id = s.org_id and q.ready_at <= statement_timestamp()
                    order by q.ready_at, q.run_id
                    limit (cast(?1 as integer) + s.organizations - 1) / s.organizations) c),
            picked as (
                select claimable.id
                from (select run_id from candidates order by share, ready_at, run_id) c cross join lateral (
                    select r.id from run_queue q join run r on r.id = q.run_id join plan p on p.id = q.plan_id
                    where q.run_id = c.run_id and r.state = 'pending'
                      and (r.not_before is null or r.not_before <= statement_timestamp())
                      and (p.overlap = 'allow' or (
                          select true from run other where other.plan_id = q.plan_id
                            and other.state in ('launching', 'running') limit 1) is null)
                    for no key update of p, q, r skip locked) claimable
                limit cast(?1 as integer))
            update run set state = 'launching', error = null, owner = ?2, attempt = attempt + 1,
                claimed_at = now(), lease_until = now() + make_interval(secs => ?3)
            where id = any (array(select id from picked)) returning id""";

    private ClaimStatement() {}

    /** The statement for runs with deployments of certain types; null for those with deployments of none of them. */
    static String of(Set<String> types) {
        return CLAIM.formatted(types == null ? OF_NO_TYPES : OF_TYPES);
    }
}
