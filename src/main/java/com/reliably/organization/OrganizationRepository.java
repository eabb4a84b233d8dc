package com.reliably.organization;

import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.UUID;

@ApplicationScoped
class OrganizationRepository implements PanacheRepositoryBase<Organization, UUID> {

    Uni<Boolean> existsById(UUID id) {
        return count("id", id).map(n -> n > 0);
    }

    /** The organisation, locked until the transaction ends, against others that change or demand its halt. */
    Uni<Organization> locked(UUID id, LockModeType mode) {
        return find("id", id).withLock(mode).firstResult();
    }

    Uni<Boolean> isNameTaken(String name) {
        return count("name", name).map(n -> n > 0);
    }

    /** At most so many organisations, whichever: to find out which the others are, at the cost of looking for as many. */
    Uni<List<Organization>> some(int most) {
        return findAll().page(0, most).list();
    }
}
