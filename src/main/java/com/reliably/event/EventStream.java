package com.reliably.event;

import com.reliably.access.Caller;

/**
 * The entity of an answer that goes on until there is nothing more to say; made by {@link OpenStreams}.
 *
 * @param caller who follows; the stream ends with their token
 * @param pages  what it is made of
 */
record EventStream(Caller caller, EventPages pages) {}
