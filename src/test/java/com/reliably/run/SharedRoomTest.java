package com.reliably.run;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;

import com.reliably.runner.Runner;
import com.reliably.runner.Runners;
import com.reliably.testing.ApiTest;
import com.reliably.testing.Tenant;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of what this server has room for, of every type of deployment, one organization is not given all where there are others. */
@ApiTest
class SharedRoomTest {

    @Inject
    RunSupervisor supervisor;

    @Inject
    Runners runners;

    @Test
    void noTypeGivesAllOfItsRoomToOneOrganization() {
        Tenant.create();
        Tenant.create();
        // Of fewer than five there is nothing to leave before the last one.
        List<Runner> roomy =
                runners.all().stream().filter(runner -> runner.atOnce() >= 5).toList();
        assertThat(roomy.size(), greaterThan(2));
        for (Runner runner : roomy) {
            await(runner.types().toString())
                    .until(() -> supervisor.roomOf(runner).next() < runner.atOnce() / 2);
        }
    }
}
