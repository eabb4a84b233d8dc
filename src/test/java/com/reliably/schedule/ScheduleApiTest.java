package com.reliably.schedule;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import com.reliably.testing.ApiTest;
import com.reliably.testing.OnEveryJdk;
import com.reliably.testing.Tenant;
import io.restassured.response.ValidatableResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ApiTest
@OnEveryJdk
class ScheduleApiTest {

    @ParameterizedTest
    @ValueSource(strings = {"*/15 9-17 * * MON-FRI", "@hourly", "0 0 29 2 *", "0 0 30 2 SUN"})
    void theNextTenFiresAreShownBeforeAnythingIsSaved(String pattern) {
        preview(pattern, "America/New_York")
                .statusCode(200)
                .body("pattern", equalTo(pattern))
                .body("timezone", equalTo("America/New_York"))
                .body("items", hasSize(10));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            0 25 * * *       | in the hour (field 2 of 5, character 3), '25' is not a value
            0 9,25 * * *     | in the hour (field 2 of 5, character 5), '25' is not a value
            0 22-6 * * *     | in the hour (field 2 of 5, character 3), '22-6' goes past the end
            0 0 30 2 *       | in the day of the month (field 3 of 5, character 5), '30' with '2' as the month never fires
            @fortnightly     | at character 1, '@fortnightly' is not one of
            """)
    void aPatternThatIsNotOneIsRefusedWithThePlaceOfTheFault(String pattern, String message) {
        preview(pattern, "Etc/UTC")
                .statusCode(422)
                .body("detail[0].loc", contains("body", "pattern"))
                .body("detail[0].input", equalTo(pattern))
                .body("detail[0].msg", containsString(message));
    }

    @Test
    void aTimeZoneThatIsNoneIsRefused() {
        preview("@daily", "Europe/Atlantis")
                .statusCode(422)
                .body("detail[0].loc", contains("body", "timezone"))
                .body("detail[0].msg", containsString("IANA"));
    }

    private static ValidatableResponse preview(String pattern, String timezone) {
        return Tenant.create()
                .request()
                .body(Map.of("pattern", pattern, "timezone", timezone))
                .post("/plans/schedule/preview")
                .then();
    }
}
