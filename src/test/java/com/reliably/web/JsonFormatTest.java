package com.reliably.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What JSON is taken for: empty text never for a member that is absent. */
class JsonFormatTest {

    private static final String ID = "0f5ed8c5-8d4a-4c4f-9d3b-6a8f6f0b2d11";

    private final ObjectMapper json = new ObjectMapper().findAndRegisterModules();

    JsonFormatTest() {
        new JsonFormat().customize(json);
    }

    enum Kind {
        ONE
    }

    record Sample(
            UUID id,
            Instant at,
            Kind kind,
            Integer number,
            Double fraction,
            Boolean truth,
            List<UUID> ids,
            List<Kind> kinds,
            Map<String, UUID> byName,
            Sample inner) {}

    @Test
    void emptyTextIsNoIdTimeChoiceNumberListOrObject() {
        for (String text : List.of("", " ", "\\t\\n", "\\u00a0")) {
            for (String member :
                    List.of("id", "at", "kind", "number", "fraction", "truth", "ids", "kinds", "by_name", "inner")) {
                refuse("{\"" + member + "\": \"" + text + "\"}", member);
                refuse("{\"inner\": {\"" + member + "\": \"" + text + "\"}}", member);
            }
            refuse("{\"ids\": [\"" + ID + "\", \"" + text + "\"]}", null);
            refuse("{\"kinds\": [\"" + text + "\"]}", null);
            refuse("{\"by_name\": {\"a\": \"" + text + "\"}}", "a");
        }
    }

    @Test
    void aWholeNumberIsOneHoweverItIsWritten() throws JsonProcessingException {
        for (String written : List.of("2", "2.0", "2e0", "0.2e1")) {
            assertEquals(2, read("{\"number\": " + written + "}").number());
        }
        for (String written : List.of("2.5", "2147483648.0", "1e400", "true", "\"2\"", "[2]")) {
            refuse("{\"number\": " + written + "}", "number");
        }
        assertNull(read("{\"number\": null}").number());
    }

    @Test
    void anIdHasItsUsualForm() throws JsonProcessingException {
        assertEquals(UUID.fromString(ID), read("{\"id\": \"" + ID + "\"}").id());
        assertEquals(
                UUID.fromString(ID),
                read("{\"id\": \"" + ID.toUpperCase(Locale.ROOT) + "\"}").id());
        for (String other :
                List.of(" " + ID, ID + " ", ID.substring(1), "1-2-3-4-5", "D17YxY1KTE+dO2qPbwstEQ==", "{" + ID + "}")) {
            refuse("{\"id\": \"" + other + "\"}", "id");
        }
        refuse("{\"id\": 1}", "id");
    }

    @Test
    void nullAndAbsentMeanNothing() throws JsonProcessingException {
        Sample absent = read("{}");
        assertNull(absent.id());
        assertEquals(
                absent,
                read("{\"id\": null, \"at\": null, \"kind\": null, \"number\": null, \"ids\": null, \"inner\": null}"));
    }

    private Sample read(String text) throws JsonProcessingException {
        return json.readValue(text, Sample.class);
    }

    private void refuse(String text, String member) {
        JsonMappingException fault = assertThrows(JsonMappingException.class, () -> read(text), text);
        List<JsonMappingException.Reference> path = fault.getPath();
        assertEquals(member, path.get(path.size() - 1).getFieldName(), text);
    }
}
