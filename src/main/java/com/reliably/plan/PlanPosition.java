package com.reliably.plan;

import java.util.UUID;

/** A place in one of a plan's lists, from 0. */
record PlanPosition(UUID planId, int position) {}
