package com.reliably.organization;

import com.reliably.access.CurrentCaller;
import com.reliably.access.Permit;
import com.reliably.access.Right;
import com.reliably.web.Page;
import com.reliably.web.PageRequest;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Organisations over HTTP. */
@Path("/api/v1/organization")
@Tag(name = "Organizations", description = "Tenants")
class OrganizationResource {

    private final OrganizationService organizations;
    private final CurrentCaller caller;

    OrganizationResource(OrganizationService organizations, CurrentCaller caller) {
        this.organizations = organizations;
        this.caller = caller;
    }

    @GET
    @Permit(Right.READ)
    @Operation(
            operationId = "listOrganizations",
            summary = "List the organizations that the token can see",
            description = "A token is bound to one organization, so this has one item.")
    public Uni<Page<OrganizationView>> list(@BeanParam PageRequest page) {
        return organizations.visibleTo(caller.get(), page);
    }

    @POST
    @ResponseStatus(201)
    @Permit(Right.ADMIN)
    @Operation(
            operationId = "createOrganization",
            summary = "Create an organization",
            description = "For the operator's token. The answer carries the first administrator token of the new"
                    + " organization; a taken name gets a suffix.")
    public Uni<OrganizationCreated> create(@NotNull @Valid OrganizationInput body) {
        return organizations.create(caller.get(), body);
    }

    @GET
    @Path("{org_id}")
    @Permit(Right.READ)
    @Operation(operationId = "getOrganization", summary = "Get an organization")
    public Uni<OrganizationView> get(@PathParam("org_id") UUID orgId) {
        return organizations.get(orgId);
    }
}
