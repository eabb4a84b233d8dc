package com.reliably.web;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The memory that bodies may take while they arrive, shared between organizations, and within one between its tokens. What
 * counts is what was received, not what was announced.
 *
 * <p>Bodies that wait for each other, each with a part of what all of them need, would wait for ever. So the oldest of each
 * token, of each organization and of all may always go on; shares are shares of what the others take. The oldest of all is
 * the oldest of its organization and of its token, and it comes to its end or to its timeout. In memory are thus at most the
 * budget and one body of the largest size.
 *
 * <p>A share is what would be left for one more: with n organizations, each has the (n + 1)th part, so that a newcomer finds
 * room. Safe for use by several threads.
 */
final class BodyMemory {

    private final long budget;
    private final Level all = new Level();
    private final Map<UUID, Level> organizations = new HashMap<>();
    private final Map<BodyOwner, Level> tokens = new HashMap<>();
    private final Set<Claim> waiting = new LinkedHashSet<>();

    /**
     * Memory of that size.
     *
     * @param budget in bytes, beside the oldest body
     */
    BodyMemory(long budget) {
        this.budget = budget;
    }

    /** A claim of a body that begins; it takes nothing yet. */
    Claim claim(BodyOwner owner) {
        return new Claim(owner);
    }

    /** In bytes. */
    synchronized long inUse() {
        return all.held;
    }

    /** Those who share something. */
    private static final class Level {

        final LinkedHashSet<Claim> claims = new LinkedHashSet<>();
        long held;
        /** Tokens, where this is an organization. */
        int tokens;

        boolean hasRoomFor(Claim claim, long bytes, long share) {
            Claim oldest = claims.iterator().next();
            return claim == oldest || held - oldest.held + bytes <= share;
        }
    }

    /** What one body takes. */
    final class Claim {

        private final BodyOwner owner;
        private long held;
        private long wanted;
        private Runnable whenGranted;

        private Claim(BodyOwner owner) {
            this.owner = owner;
        }

        /**
         * Takes more memory.
         *
         * @param bytes       how much more
         * @param whenGranted called, by any thread, when there is room and it was taken, where there is none now; never after
         *                    {@link #release}
         * @return whether it was taken at once
         */
        boolean take(long bytes, Runnable whenGranted) {
            synchronized (BodyMemory.this) {
                join(this);
                wanted = bytes;
                if (grant(this)) {
                    return true;
                }
                this.whenGranted = whenGranted;
                waiting.add(this);
                return false;
            }
        }

        /** Gives everything back. */
        void release() {
            List<Runnable> granted;
            synchronized (BodyMemory.this) {
                whenGranted = null;
                waiting.remove(this);
                if (!leave(this)) {
                    return;
                }
                granted = grantWaiting();
            }
            granted.forEach(Runnable::run);
        }
    }

    private void join(Claim claim) {
        if (all.claims.add(claim)) {
            Level organization = organizations.computeIfAbsent(claim.owner.organization(), ignored -> new Level());
            organization.claims.add(claim);
            tokens.computeIfAbsent(claim.owner, ignored -> {
                        organization.tokens++;
                        return new Level();
                    })
                    .claims
                    .add(claim);
        }
    }

    private boolean leave(Claim claim) {
        if (!all.claims.remove(claim)) {
            return false;
        }
        all.held -= claim.held;
        if (leave(tokens, claim.owner, claim)) {
            organizations.get(claim.owner.organization()).tokens--;
        }
        leave(organizations, claim.owner.organization(), claim);
        claim.held = 0;
        return true;
    }

    private static <K> boolean leave(Map<K, Level> levels, K key, Claim claim) {
        Level level = levels.get(key);
        level.claims.remove(claim);
        level.held -= claim.held;
        return level.claims.isEmpty() && levels.remove(key) != null;
    }

    private boolean grant(Claim claim) {
        Level organization = organizations.get(claim.owner.organization());
        Level token = tokens.get(claim.owner);
        long ofOrganization = budget / (organizations.size() + 1);
        long ofToken = ofOrganization / (organization.tokens + 1);
        if (!all.hasRoomFor(claim, claim.wanted, budget)
                || !organization.hasRoomFor(claim, claim.wanted, ofOrganization)
                || !token.hasRoomFor(claim, claim.wanted, ofToken)) {
            return false;
        }
        claim.held += claim.wanted;
        all.held += claim.wanted;
        organization.held += claim.wanted;
        token.held += claim.wanted;
        return true;
    }

    /** Those first whose organization has least; among them by age. */
    private List<Runnable> grantWaiting() {
        List<Runnable> granted = new ArrayList<>();
        List<Claim> candidates = new ArrayList<>(waiting);
        candidates.sort(Comparator.comparingLong(claim -> organizations.get(claim.owner.organization()).held));
        for (Claim claim : candidates) {
            if (grant(claim)) {
                waiting.remove(claim);
                granted.add(claim.whenGranted);
                claim.whenGranted = null;
            }
        }
        return granted;
    }
}
