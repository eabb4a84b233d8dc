package com.reliably.secret;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps secrets, sealed. Its owners (deployments, environments) keep only the mask and a name. Every method joins the
 * session or transaction of its caller.
 */
@ApplicationScoped
public class SecretStore {

    private final SecretRepository repository;
    private final Sealer sealer;

    SecretStore(SecretRepository repository, Sealer sealer) {
        this.repository = repository;
        this.sealer = sealer;
    }

    /** Keeps secrets under their names, replacing those of the same name. */
    public Uni<Void> put(SecretOwner owner, Map<String, String> clearByName) {
        return Multi.createFrom()
                .iterable(clearByName.entrySet())
                .onItem()
                .transformToUniAndConcatenate(entry -> repository.upsert(seal(owner, entry.getKey(), entry.getValue())))
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** All secrets of an owner in clear, by name. For runs and administrators; whoever calls this audits it. */
    public Uni<Map<String, String>> open(SecretOwner owner) {
        return repository.ofOwner(owner).map(stored -> {
            Map<String, String> clear = new LinkedHashMap<>();
            stored.forEach(s -> clear.put(s.name, sealer.open(owner, s.name, s.keyId, s.sealed)));
            return clear;
        });
    }

    /** Gives another owner the same secrets. */
    public Uni<Void> copy(SecretOwner from, SecretOwner to) {
        return open(from).chain(clear -> put(to, clear));
    }

    /** Forgets one secret of an owner; nothing happens where there is none of that name. */
    public Uni<Void> remove(SecretOwner owner, String name) {
        return repository.deleteOne(owner, name).replaceWithVoid();
    }

    /** Forgets all secrets of an owner. */
    public Uni<Void> removeAll(SecretOwner owner) {
        return repository.deleteOfOwner(owner).replaceWithVoid();
    }

    private StoredSecret seal(SecretOwner owner, String name, String clear) {
        StoredSecret secret = new StoredSecret();
        secret.orgId = owner.orgId();
        secret.ownerKind = owner.kind();
        secret.ownerId = owner.id();
        secret.name = name;
        secret.keyId = sealer.currentKeyId();
        secret.sealed = sealer.seal(owner, name, clear);
        return secret;
    }
}
