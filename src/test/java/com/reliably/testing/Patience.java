package com.reliably.testing;

import java.time.Duration;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long tests wait for what they do not say otherwise of: Awaitility's own ten seconds are less than a virtual machine may
 * stand still. It is registered by {@code META-INF/services}, for all tests.
 */
public final class Patience implements BeforeAllCallback {

    private static final Duration USUAL = Duration.ofMinutes(1);

    /** Tests that run the server in this process have an Awaitility of their own class loader. */
    @Override
    public void beforeAll(ExtensionContext tests) throws ReflectiveOperationException {
        Class.forName(
                        "org.awaitility.Awaitility",
                        true,
                        tests.getRequiredTestClass().getClassLoader())
                .getMethod("setDefaultTimeout", Duration.class)
                .invoke(null, USUAL);
    }
}
