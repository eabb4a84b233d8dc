package com.reliably.experiment;

import com.reliably.web.JsonColumn;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.Formula;

/** An experiment as it is stored. */
@Entity
class Experiment {

    @Id
    UUID id;

    @Column(name = "org_id")
    UUID orgId;

    /** The definition's title once more, for queries. */
    String title;

    /** The Chaos Toolkit experiment as JSON, the server's control in it, for queries. Its members are in no order. */
    @ColumnTransformer(read = JsonColumn.READ_PREFIX + "definition" + JsonColumn.READ_SUFFIX, write = JsonColumn.WRITE)
    String definition;

    /** The same with its members in their order, which is what is served; null where an earlier version wrote the row. */
    @Column(name = "definition_text")
    String definitionText;

    /** The definition's description, for summaries, which do not read definitions; may be null. */
    @Formula("jsonb_extract_path_text(definition, 'description')")
    String description;

    @Column(name = "template_id")
    UUID templateId;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "created_by")
    UUID createdBy;

    @Column(name = "updated_at")
    Instant updatedAt;

    @Version
    int version;

    /** Sets both forms of the definition. */
    void define(String json) {
        definition = json;
        definitionText = json;
    }

    /** The definition as it is served. */
    String text() {
        return definitionText == null ? definition : definitionText;
    }
}
