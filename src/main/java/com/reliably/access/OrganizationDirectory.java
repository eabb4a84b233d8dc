package com.reliably.access;

import io.smallrye.mutiny.Uni;
import java.util.UUID;

/** Knows which organisations exist. Organisations implement it, so that access knows nothing of them. */
public interface OrganizationDirectory {

    /** Whether there is such an organisation. */
    Uni<Boolean> exists(UUID id);
}
