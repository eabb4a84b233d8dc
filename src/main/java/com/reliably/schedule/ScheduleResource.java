package com.reliably.schedule;

import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Schedules that no plan has yet, over HTTP. */
@Path("/api/v1/organization/{org_id}/plans/schedule")
@Tag(name = "Plans")
class ScheduleResource {

    private static final int SHOWN = 10;

    private final Clock clock;

    ScheduleResource(Clock clock) {
        this.clock = clock;
    }

    @POST
    @Path("preview")
    @Permit(Right.READ)
    @Operation(
            operationId = "previewSchedule",
            summary = "Show the next ten fires of a cron schedule",
            description = "Nothing is stored.")
    public Uni<FiresView> preview(@PathParam("org_id") UUID orgId, @NotNull @Valid ScheduleInput body) {
        try {
            CronSchedule schedule = CronSchedule.parse(body.pattern(), body.timezone());
            return Uni.createFrom()
                    .item(new FiresView(body.pattern(), body.timezone(), schedule.nextFires(clock.instant(), SHOWN)));
        } catch (InvalidSchedule e) {
            throw ProblemException.invalid(
                    Fault.of("value_error", List.of("body", e.member()), e.getMessage(), e.input()));
        }
    }
}
