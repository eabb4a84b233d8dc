package com.reliably.plan;

/**
 * What is stored of a plan as the user gave it.
 *
 * @param environment null where the plan has none
 * @param schedule    when it runs
 */
record PlanTerms(PlanEnvironment environment, PlanSchedule schedule) {}
