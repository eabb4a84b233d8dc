package com.reliably.access;

import com.reliably.audit.AuditTrail;
import com.reliably.problem.Fault;
import com.reliably.problem.ProblemException;
import com.reliably.web.Names;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import com.reliably.web.Pages;
import io.quarkus.hibernate.reactive.panache.common.WithSession;
import io.quarkus.hibernate.reactive.panache.common.WithTransaction;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Creates, lists and revokes tokens. */
@ApplicationScoped
public class TokenService {

    private final AccessTokenRepository repository;
    private final TokenAuthenticator authenticator;
    private final ReachSource reaches;
    private final AuditTrail audit;
    private final TokenSettings settings;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    TokenService(
            AccessTokenRepository repository,
            TokenAuthenticator authenticator,
            ReachSource reaches,
            AuditTrail audit,
            TokenSettings settings,
            Clock clock) {
        this.repository = repository;
        this.authenticator = authenticator;
        this.reaches = reaches;
        this.audit = audit;
        this.settings = settings;
        this.clock = clock;
    }

    @WithTransaction
    Uni<TokenView> create(Caller caller, TokenInput input) {
        return repository.now().chain(now -> create(caller, input, now));
    }

    private Uni<TokenView> create(Caller caller, TokenInput input, Instant now) {
        Instant expires = expiryOf(input, now);
        Right right = rightOf(input);
        return planExists(caller.orgId(), input.planId()).chain(() -> {
            AccessToken token = newToken(caller.orgId(), input.name(), right, now, expires);
            token.planId = input.planId();
            token.createdBy = caller.id();
            String clear = TokenHash.newToken(random);
            token.hash = TokenHash.of(clear);
            return Names.taken(repository.persistAndFlush(token), "token", input.name())
                    .chain(() -> audit.record(caller, "token.create", "token", token.id, input.name()))
                    .replaceWith(() -> TokenView.withToken(token, clear));
        });
    }

    /** The first token of a new organisation, for whoever created it. Joins the transaction of its caller. */
    public Uni<TokenView> createFirst(UUID orgId, UUID createdBy) {
        return repository.now().chain(now -> {
            AccessToken token = newToken(orgId, "first administrator", Right.ADMIN, now, now.plus(settings.lifetime()));
            token.createdBy = createdBy;
            String clear = TokenHash.newToken(random);
            token.hash = TokenHash.of(clear);
            return repository.persistAndFlush(token).replaceWith(() -> TokenView.withToken(token, clear));
        });
    }

    /**
     * As below, for so long by the database's clock.
     *
     * @param lifetime how long it lives, should nobody be left to revoke it
     */
    public Uni<String> createForRun(UUID orgId, UUID planId, UUID runId, Duration lifetime) {
        return repository.now().chain(now -> createForRun(orgId, planId, runId, now.plus(lifetime)));
    }

    /**
     * The token of one run; it can do only what the client that runs the plan does. Joins the transaction of its caller.
     *
     * @param expires when it ends by itself, should nobody be left to revoke it
     * @return the token in clear; only its hash is stored
     */
    public Uni<String> createForRun(UUID orgId, UUID planId, UUID runId, Instant expires) {
        AccessToken token = newToken(orgId, "run " + runId, Right.RUN, clock.instant(), expires);
        token.planId = planId;
        token.runId = runId;
        String clear = TokenHash.newToken(random);
        token.hash = TokenHash.of(clear);
        return repository.persist(token).replaceWith(clear);
    }

    /** Ends the token of a run. Joins the transaction of its caller. */
    public Uni<Void> revokeOfRun(UUID runId) {
        return repository
                .revokeOfRun(runId, clock.instant())
                .invoke(authenticator::forget)
                .replaceWithVoid();
    }

    /**
     * A token for the clients that an engine starts by a schedule which it keeps; it can do only what the client that runs
     * the plan does. Those that were made for the schedule before go on for a while. Joins the transaction of its caller.
     *
     * @param lifetime for how long it is good
     * @param overlap  for how long those before are, at most
     * @return the token in clear; only its hash is stored
     */
    public Uni<String> createForSchedule(
            UUID orgId, UUID planId, UUID scheduleId, Duration lifetime, Duration overlap) {
        return createForEngine(orgId, planId, scheduleId, "schedule " + scheduleId, lifetime, overlap);
    }

    /**
     * A token for the clients of any run of a plan, at an engine that has one place for the tokens of all its runs. Those that
     * were made for that before go on for a while; all end with the plan. Joins the transaction of its caller.
     *
     * @param lifetime for how long it is good
     * @param overlap  for how long those before are, at most
     * @return the token in clear; only its hash is stored
     */
    public Uni<String> createForPlan(UUID orgId, UUID planId, Duration lifetime, Duration overlap) {
        // What the engine keeps of the plan is known by the plan's own id, which no schedule has.
        return createForEngine(orgId, planId, planId, "runs of plan " + planId, lifetime, overlap);
    }

    private Uni<String> createForEngine(
            UUID orgId, UUID planId, UUID keptId, String name, Duration lifetime, Duration overlap) {
        return repository.now().chain(now -> {
            AccessToken token = newToken(orgId, name, Right.RUN, now, now.plus(lifetime));
            token.planId = planId;
            token.scheduleId = keptId;
            String clear = TokenHash.newToken(random);
            token.hash = TokenHash.of(clear);
            return repository
                    .endOfSchedule(keptId, now.plus(overlap))
                    .chain(() -> repository.persist(token))
                    .replaceWith(clear);
        });
    }

    /** Ends the tokens of a schedule. Joins the transaction of its caller. */
    public Uni<Void> revokeOfSchedule(UUID scheduleId) {
        return repository
                .revokeOfSchedule(scheduleId, clock.instant())
                .invoke(authenticator::forget)
                .replaceWithVoid();
    }

    /** Whether a caller who was let in would be let in now: for answers that go on for long. */
    @WithSession
    public Uni<Boolean> isUsable(Caller caller) {
        return repository.isUsable(caller.orgId(), caller.id());
    }

    /** Ends every token that is limited to a plan. Joins the transaction of its caller. */
    public Uni<Void> revokeOfPlan(UUID orgId, UUID planId) {
        return repository
                .revokeOfPlan(orgId, planId, clock.instant())
                .invoke(authenticator::forget)
                .replaceWithVoid();
    }

    @WithSession
    Uni<Page<TokenView>> list(UUID orgId, PageRequest page) {
        return Pages.read(repository.listed(orgId), page, ids -> repository.findAll(orgId, ids), token -> token.id)
                .map(found -> found.map(TokenView::masked));
    }

    @WithSession
    Uni<TokenView> get(UUID orgId, UUID id) {
        return find(orgId, id).map(TokenView::masked);
    }

    @WithTransaction
    Uni<Void> revoke(Caller caller, UUID id) {
        return find(caller.orgId(), id)
                .invoke(token -> token.revokedAt = clock.instant())
                .chain(token -> audit.record(caller, "token.revoke", "token", token.id, token.name))
                .invoke(authenticator::forget);
    }

    private Uni<AccessToken> find(UUID orgId, UUID id) {
        return repository
                .findListed(orgId, id)
                .onItem()
                .ifNull()
                .failWith(() -> ProblemException.notFound("No token of this organization has this id."));
    }

    private AccessToken newToken(UUID orgId, String name, Right right, Instant now, Instant expires) {
        AccessToken token = new AccessToken();
        token.id = UUID.randomUUID();
        token.orgId = orgId;
        token.name = name;
        token.rights = right.toString();
        token.createdAt = now;
        token.expiresAt = expires;
        return token;
    }

    private static Right rightOf(TokenInput input) {
        if (input.planId() != null) {
            if (input.rights() != null && input.rights() != Right.RUN) {
                throw ProblemException.invalid(Fault.of(
                        "value_error",
                        List.of("body", "rights"),
                        "A token that is limited to a plan has the right 'run'; leave 'rights' out, or 'plan_id'."));
            }
            return Right.RUN;
        }
        if (input.rights() == Right.RUN) {
            throw ProblemException.invalid(Fault.of(
                    "missing",
                    List.of("body", "plan_id"),
                    "A token with the right 'run' is limited to one plan: say which in 'plan_id'."));
        }
        return input.rights() == null ? Right.WRITE : input.rights();
    }

    private Instant expiryOf(TokenInput input, Instant now) {
        Instant expires = input.expiresDate() == null ? now.plus(settings.lifetime()) : input.expiresDate();
        if (!expires.isAfter(now)) {
            throw ProblemException.invalid(
                    Fault.of("value_error", List.of("body", "expires_date"), "The expiry must be in the future."));
        }
        if (expires.isAfter(now.plus(settings.maxLifetime()))) {
            throw ProblemException.invalid(Fault.of(
                    "value_error",
                    List.of("body", "expires_date"),
                    "A token lives at most " + settings.maxLifetime().toDays() + " days here."));
        }
        return expires;
    }

    private Uni<Void> planExists(UUID orgId, UUID planId) {
        if (planId == null) {
            return Uni.createFrom().voidItem();
        }
        return reaches.reachOf(orgId, planId)
                .invoke(reach -> {
                    if (reach == null) {
                        throw ProblemException.invalid(Fault.of(
                                "value_error",
                                List.of("body", "plan_id"),
                                "No plan of this organization has this id.",
                                planId));
                    }
                })
                .replaceWithVoid();
    }
}
