package com.reliably.organization;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@ApiTest
class OrganizationCountTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    @Inject
    OrganizationCount organizations;

    @Test
    void theSecondOrganizationIsNoticedAndRemembered() {
        Tenant.create();
        assertTrue(organizations.isSeveral().await().atMost(SOON));
        assertTrue(organizations.wasSeveral());
        assertTrue(organizations.isSeveral().await().atMost(SOON));
    }
}
