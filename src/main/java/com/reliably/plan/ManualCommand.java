package com.reliably.plan;

import com.reliably.start.PublicUrl;
import jakarta.inject.Singleton;
import java.util.UUID;

/** The command that runs a plan with the Reliably CLI. */
@Singleton
final class ManualCommand {

    private final PublicUrl url;

    ManualCommand(PublicUrl url) {
        this.url = url;
    }

    /** For a POSIX shell; {@code <token>} stands where a token belongs. */
    String of(UUID orgId, UUID planId) {
        return "RELIABLY_SERVICE_HOST=" + url.value()
                + " RELIABLY_HOST=" + url.hostAndPort()
                + " RELIABLY_USE_HTTP=" + url.isClearText()
                + " RELIABLY_ORGANIZATION_ID=" + orgId
                + " RELIABLY_SERVICE_TOKEN='<token>'"
                + " reliably service plan execute --set-status --log-stdout --load-environment " + planId;
    }
}
