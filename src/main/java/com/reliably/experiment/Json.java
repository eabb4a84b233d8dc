package com.reliably.experiment;

import com.fasterxml.jackson.databind.JsonNode;

/** Questions to JSON values, as Python answers them. */
final class Json {

    private Json() {}

    /** Says whether a member is there and is not null. */
    static boolean isPresent(JsonNode value) {
        return value != null && !value.isMissingNode() && !value.isNull();
    }

    /** Says whether Python takes a value for true: nothing that is absent, null, false, zero or empty. */
    static boolean isTruth(JsonNode value) {
        if (!isPresent(value)) {
            return false;
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isNumber()) {
            return value.decimalValue().signum() != 0;
        }
        return value.isTextual() ? !value.textValue().isEmpty() : !value.isEmpty();
    }

    /** Says whether Python takes a value for a number, as it does with true and false. */
    static boolean isNumber(JsonNode value) {
        return value.isNumber() || value.isBoolean();
    }
}
