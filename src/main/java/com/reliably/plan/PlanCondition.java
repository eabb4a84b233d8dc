package com.reliably.plan;

/**
 * How a plan is doing.
 *
 * @param status in one word
 * @param error  what went wrong, for people; null where nothing did
 */
record PlanCondition(PlanStatus status, String error) {

    static PlanCondition of(PlanStatus status) {
        return new PlanCondition(status, null);
    }
}
