package com.reliably.organization;

import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An organisation as it is shown. */
@Schema(name = "Organization")
record OrganizationView(
        UUID id, @Schema(examples = "Platform team") String name, Instant createdDate) {

    static OrganizationView of(Organization organization) {
        return new OrganizationView(organization.id, organization.name, organization.createdAt);
    }
}
