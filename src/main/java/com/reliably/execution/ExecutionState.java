package com.reliably.execution;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.DiscriminatorMapping;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Where an execution is, or where somebody wants it to be: the client that runs it reports {@link Running} and
 * {@link Finished}; {@link Pause}, {@link Resume} and {@link Terminate} are asked for by users, and the client acts on
 * them when it next looks. A closed set, told apart by the wire's member {@code current}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "current")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ExecutionState.Pending.class, name = ExecutionState.Pending.NAME),
    @JsonSubTypes.Type(value = ExecutionState.Running.class, name = ExecutionState.Running.NAME),
    @JsonSubTypes.Type(value = ExecutionState.Pause.class, name = ExecutionState.Pause.NAME),
    @JsonSubTypes.Type(value = ExecutionState.Resume.class, name = ExecutionState.Resume.NAME),
    @JsonSubTypes.Type(value = ExecutionState.Terminate.class, name = ExecutionState.Terminate.NAME),
    @JsonSubTypes.Type(value = ExecutionState.Finished.class, name = ExecutionState.Finished.NAME)
})
@Schema(
        name = "ExecutionState",
        description = "Where an execution is, or is wanted; the member `current` says which state it is",
        oneOf = {
            ExecutionState.Pending.class,
            ExecutionState.Running.class,
            ExecutionState.Pause.class,
            ExecutionState.Resume.class,
            ExecutionState.Terminate.class,
            ExecutionState.Finished.class
        },
        discriminatorProperty = "current",
        discriminatorMapping = {
            @DiscriminatorMapping(value = ExecutionState.Pending.NAME, schema = ExecutionState.Pending.class),
            @DiscriminatorMapping(value = ExecutionState.Running.NAME, schema = ExecutionState.Running.class),
            @DiscriminatorMapping(value = ExecutionState.Pause.NAME, schema = ExecutionState.Pause.class),
            @DiscriminatorMapping(value = ExecutionState.Resume.NAME, schema = ExecutionState.Resume.class),
            @DiscriminatorMapping(value = ExecutionState.Terminate.NAME, schema = ExecutionState.Terminate.class),
            @DiscriminatorMapping(value = ExecutionState.Finished.NAME, schema = ExecutionState.Finished.class)
        })
sealed interface ExecutionState {

    /** The wire's name of this state. */
    @JsonIgnore
    String current();

    /** The plan, as whoever put the state named it; may be null. */
    UUID planId();

    /** The same, with what the server knows: who asks, and the time where none was given. */
    default ExecutionState from(Person user, Instant now) {
        return this;
    }

    /** Who asked for a state. */
    @Schema(name = "ExecutionStateUser")
    record Person(
            @Schema(description = "The token's name", examples = "ci")
            String name,

            @Schema(description = "The token's id") UUID id) {}

    /** Created, and not yet begun. */
    @Schema(name = "ExecutionPendingState")
    record Pending(@Schema(nullable = true) UUID planId, Instant createdOn) implements ExecutionState {

        static final String NAME = "pending";

        @Override
        public String current() {
            return NAME;
        }

        @Override
        public ExecutionState from(Person user, Instant now) {
            return new Pending(planId, createdOn == null ? now : createdOn);
        }
    }

    /** The client runs it. */
    @Schema(name = "ExecutionRunningState")
    record Running(@Schema(nullable = true) UUID planId, Instant startedOn) implements ExecutionState {

        static final String NAME = "running";

        @Override
        public String current() {
            return NAME;
        }

        @Override
        public ExecutionState from(Person user, Instant now) {
            return new Running(planId, startedOn == null ? now : startedOn);
        }
    }

    /**
     * To be paused after the current activity.
     *
     * @param duration for how many seconds at most, 0 to 3300
     * @param user     never null on the wire: a null kills the client's polling thread
     */
    @Schema(name = "ExecutionPauseState")
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Pause(
            @Schema(nullable = true) UUID planId,

            @Schema(description = "For how many seconds at most", examples = "300", minimum = "0", maximum = "3300")
            @NotNull
            @Min(value = 0, message = "Input should be greater than or equal to 0")
            @Max(value = 3300, message = "Input should be less than or equal to 3300")
            Integer duration,

            @Schema(readOnly = true) @JsonInclude(JsonInclude.Include.NON_NULL)
            Person user)
            implements ExecutionState {

        static final String NAME = "pause";

        @Override
        public String current() {
            return NAME;
        }

        @Override
        public ExecutionState from(Person who, Instant now) {
            return new Pause(planId, duration, who);
        }
    }

    /** To go on after a pause; the client then reports that it runs. */
    @Schema(name = "ExecutionResumeState")
    record Resume(
            @Schema(nullable = true) UUID planId,

            @Schema(readOnly = true) @JsonInclude(JsonInclude.Include.NON_NULL)
            Person user)
            implements ExecutionState {

        static final String NAME = "resume";

        @Override
        public String current() {
            return NAME;
        }

        @Override
        public ExecutionState from(Person who, Instant now) {
            return new Resume(planId, who);
        }
    }

    /** To be ended before its time. */
    @Schema(name = "ExecutionTerminateState")
    record Terminate(
            @Schema(nullable = true) UUID planId,

            @Schema(description = "Whether the experiment's rollbacks are left out", defaultValue = "false")
            Boolean skipRollbacks,

            @Schema(readOnly = true) @JsonInclude(JsonInclude.Include.NON_NULL)
            Person user)
            implements ExecutionState {

        static final String NAME = "terminate";

        public Terminate {
            skipRollbacks = skipRollbacks != null && skipRollbacks;
        }

        @Override
        public String current() {
            return NAME;
        }

        @Override
        public ExecutionState from(Person who, Instant now) {
            return new Terminate(planId, skipRollbacks, who);
        }
    }

    /** Ended; nothing follows. */
    @Schema(name = "ExecutionFinishedState")
    record Finished(
            @Schema(nullable = true) UUID planId,
            Instant finishedOn,
            @Schema(nullable = true) Outcome status,

            @Schema(defaultValue = "false") @JsonDeserialize(using = FalseWhereAbsent.class)
            Boolean deviated)
            implements ExecutionState {

        static final String NAME = "finished";

        @Override
        public String current() {
            return NAME;
        }

        @Override
        public ExecutionState from(Person user, Instant now) {
            return new Finished(planId, finishedOn == null ? now : finishedOn, status, deviated);
        }

        /** Whether the other says the same, whenever it was said. */
        boolean saysTheSameAs(Finished other) {
            return status == other.status && deviated.equals(other.deviated);
        }
    }

    /** A truth value that may be left out, but not be null: a client that does not know must not say so this way. */
    final class FalseWhereAbsent extends StdScalarDeserializer<Boolean> {

        FalseWhereAbsent() {
            super(Boolean.class);
        }

        @Override
        public Boolean deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (in.hasToken(JsonToken.VALUE_TRUE) || in.hasToken(JsonToken.VALUE_FALSE)) {
                return in.getBooleanValue();
            }
            return (Boolean) context.handleUnexpectedToken(Boolean.class, in);
        }

        @Override
        public Boolean getNullValue(DeserializationContext context) throws JsonMappingException {
            return context.reportInputMismatch(this, "null is not allowed");
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return Boolean.FALSE;
        }
    }
}
