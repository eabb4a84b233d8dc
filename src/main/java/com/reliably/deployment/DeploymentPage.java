package com.reliably.deployment;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The document's name for a page of deployments; they are written by {@link DeploymentReads}. */
@Schema(name = "Deployments", description = "One page of a list")
record DeploymentPage(
        @Schema(description = "How many items the whole list has, at the moment of the answer", examples = "1")
        long count,

        @Schema(description = "The items of this page; empty beyond the end")
        List<DeploymentView> items) {}
