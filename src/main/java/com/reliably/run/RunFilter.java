package com.reliably.run;

import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.web.PlainText;
import jakarta.ws.rs.QueryParam;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** Which runs of an organisation are listed: those to which everything that is given applies. */
public final class RunFilter {

    @QueryParam("plan_id")
    @Parameter(description = "Those of this plan")
    UUID planId;

    @QueryParam("deployment_id")
    @Parameter(description = "Those on this deployment")
    UUID deploymentId;

    @QueryParam("state")
    @Parameter(
            description = "Those in this state, or in one of these: it may be repeated",
            schema = @Schema(type = SchemaType.ARRAY, implementation = RunState.class))
    List<String> states;

    @QueryParam("trigger")
    @Parameter(description = "Those that this made", schema = @Schema(implementation = RunTrigger.class))
    String trigger;

    @QueryParam("from")
    @Parameter(description = "Those created at this time or later, as in 2030-12-31 or 2030-12-31T23:59:59Z")
    Instant from;

    @QueryParam("to")
    @Parameter(description = "Those created before this time")
    Instant to;

    @QueryParam("owner")
    @Parameter(description = "Those that this server has, or had last")
    String owner;

    /** Lets the runs of one plan through. */
    static RunFilter ofPlan(UUID planId) {
        RunFilter filter = new RunFilter();
        filter.planId = planId;
        return filter;
    }

    /**
     * Adds the conditions, in HQL, and their parameters.
     *
     * @throws ProblemException 422 naming the parameter that makes no sense
     */
    void addTo(List<String> conditions, Map<String, Object> values) {
        add(planId, "planId = :planId", "planId", conditions, values);
        add(deploymentId, "deploymentId = :deploymentId", "deploymentId", conditions, values);
        if (states != null && !states.isEmpty()) {
            for (String state : states) {
                demandOneOf(RunState.values(), "state", state);
            }
            conditions.add("state in (:states)");
            values.put("states", states);
        }
        if (trigger != null) {
            demandOneOf(RunTrigger.values(), "trigger", trigger);
        }
        add(trigger, "trigger = :trigger", "trigger", conditions, values);
        if (from != null && to != null && !from.isBefore(to)) {
            throw ProblemException.invalid(
                    Fault.of("value_error", List.of("query", "to"), "'to' must be after 'from'", to));
        }
        add(from, "createdAt >= :from", "from", conditions, values);
        add(to, "createdAt < :to", "to", conditions, values);
        if (owner != null) {
            PlainText.check(owner, List.of("query", "owner"));
        }
        add(owner, "owner = :owner", "owner", conditions, values);
    }

    private static void add(
            Object value, String condition, String name, List<String> conditions, Map<String, Object> values) {
        if (value != null) {
            conditions.add(condition);
            values.put(name, value);
        }
    }

    private static void demandOneOf(Object[] known, String parameter, String value) {
        if (Arrays.stream(known).noneMatch(one -> one.toString().equals(value))) {
            throw ProblemException.invalid(Fault.of(
                    "enum", List.of("query", parameter), "Input should be one of " + Arrays.toString(known), value));
        }
    }
}
