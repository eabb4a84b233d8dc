package com.reliably.runner.github.standin;

import java.util.Map;

/** Runs the jobs of a workflow, in a thread of its own. */
public interface StandInRunner {

    /** @param workflow as it is read */
    void run(StandInRun run, Map<String, Object> workflow);
}
