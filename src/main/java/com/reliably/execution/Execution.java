package com.reliably.execution;

import com.reliably.web.JsonColumn;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.Immutable;

/**
 * An execution as lists need it: without its journal and its log, which may have megabytes. Only read this way; it is
 * written by the statements of {@link ReportStore}.
 */
@Entity
@Immutable
class Execution {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    @Column(name = "experiment_id")
    UUID experimentId;

    @Column(name = "plan_id")
    UUID planId;

    @Column(name = "run_id")
    UUID runId;

    @Column(name = "created_by")
    UUID createdBy;

    @Column(name = "created_at")
    Instant createdAt;

    /** As the journal, and at last the finished state, has it; null while it runs. */
    String status;

    Boolean deviated;

    @Column(name = "started_at")
    Instant startedAt;

    @Column(name = "finished_at")
    Instant finishedAt;

    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "state" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String state;

    /** What {@link JournalReader} keeps of the journal. */
    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "summary" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String summary;
}
