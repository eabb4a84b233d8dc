package com.reliably.event;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Says that a stream cannot be resumed without a gap. */
@Schema(
        name = "EventReset",
        description = "What happened after the given position is not known (any more): read again what you show")
record EventReset(@Schema(description = "Why, for people") String reason) {}
