package com.reliably.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CronSpellingTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "* * * * *          | * * * * *",
                "*/5 8-18 * JAN *   | */5 8-18 * JAN *",
                "0 0 * * 7          | 0 0 * * 0",
                "0 0 * * FRI-SUN    | 0 0 * * 0,5,6",
                "0 0 1 * 5-7        | 0 0 1 * 0,5,6",
                "0 0 1 * *,MON      | 0 0 1 * *",
                "0 0 1 * */2        | 0 0 1 * 0,2,4,6",
                "0 0 * * sat        | 0 0 * * 6",
                "@daily             | @daily",
                "@weekly            | @weekly",
            })
    void daysOfTheWeekAreListed(String pattern, String spelled) throws InvalidSchedule {
        CronSchedule.parse(pattern, "UTC");
        assertEquals(spelled, CronSpelling.withDaysOfWeekListed(pattern));
    }
}
