package com.reliably.secret;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
class SecretRepository implements PanacheRepositoryBase<StoredSecret, StoredSecret.Key> {

    private static final String OF_OWNER = "orgId = ?1 and ownerKind = ?2 and ownerId = ?3";

    Uni<List<StoredSecret>> ofOwner(SecretOwner owner) {
        return list(OF_OWNER, owner.orgId(), owner.kind(), owner.id());
    }

    Uni<Long> deleteOfOwner(SecretOwner owner) {
        return delete(OF_OWNER, owner.orgId(), owner.kind(), owner.id());
    }

    Uni<Long> deleteOne(SecretOwner owner, String name) {
        return delete(OF_OWNER + " and name = ?4", owner.orgId(), owner.kind(), owner.id(), name);
    }

    /** Inserts the secret, or replaces the one of the same owner and name. */
    Uni<Void> upsert(StoredSecret secret) {
        return Panache.getSession().chain(session -> session.createNativeQuery("""
                        insert into secret (org_id, owner_kind, owner_id, name, key_id, sealed)
                        values (?1, ?2, ?3, ?4, ?5, ?6)
                        on conflict (org_id, owner_kind, owner_id, name)
                        do update set key_id = excluded.key_id, sealed = excluded.sealed
                        """)
                .setParameter(1, secret.orgId)
                .setParameter(2, secret.ownerKind)
                .setParameter(3, secret.ownerId)
                .setParameter(4, secret.name)
                .setParameter(5, secret.keyId)
                .setParameter(6, secret.sealed)
                .executeUpdate()
                .replaceWithVoid());
    }

    /**
     * Secrets of any organisation that are sealed with the given key, locked until the transaction ends; those that
     * another replica works on are passed over.
     */
    Uni<List<StoredSecret>> sealedWith(String keyId, int most) {
        return Panache.getSession().chain(session -> session.createNativeQuery(
                        "select * from secret where key_id = ?1 limit ?2 for update skip locked", StoredSecret.class)
                .setParameter(1, keyId)
                .setParameter(2, most)
                .getResultList());
    }
}
