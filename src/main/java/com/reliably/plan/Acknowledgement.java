package com.reliably.plan;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The answer to a report, as existing clients know it. */
@Schema(name = "Acknowledgement")
record Acknowledgement(@Schema(examples = "true") boolean ok) {}
