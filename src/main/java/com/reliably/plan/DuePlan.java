package com.reliably.plan;

import java.util.UUID;

/** A plan whose next fire has come. */
record DuePlan(UUID orgId, UUID planId) {}
