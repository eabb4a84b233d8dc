package com.reliably.schedule;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How schedules are kept. */
@ConfigMapping(prefix = "reliably.schedule")
public interface ScheduleSettings {

    /**
     * How late a fire may still be run, after the server was away or busy. Later ones are recorded as missed; of several
     * within the window only the latest is run.
     */
    @WithDefault("10m")
    Duration catchUpWindow();
}
