package com.reliably.web;

import com.reliably.problem.ProblemException;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Refuses bodies that turn out too large while they are read: those that came without a Content-Length. */
@Provider
public final class BodyLimit implements ReaderInterceptor {

    private static final Duration LINGER = Duration.ofSeconds(5);

    private final long maxBodySize;

    BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize maxBodySize) {
        this.maxBodySize = maxBodySize.asLongValue();
    }

    @Override
    public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
        context.setInputStream(new Limited(context.getInputStream(), maxBodySize));
        return context.proceed();
    }

    static ProblemException refusal(long maxBodySize) {
        return ProblemException.tooLarge("The request is larger than the " + maxBodySize
                + " bytes that this server accepts; the operator can raise QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE.");
    }

    private static final class Limited extends FilterInputStream {

        private final long max;
        private long count;

        Limited(InputStream in, long max) {
            super(in);
            this.max = max;
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) {
                add(1);
            }
            return b;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            if (n > 0) {
                add(n);
            }
            return n;
        }

        private void add(int n) throws IOException {
            count += n;
            if (count > max) {
                readOn();
                throw refusal(max);
            }
        }

        /** For a while: an answer to somebody who is still writing is lost. */
        private void readOn() throws IOException {
            long until = System.nanoTime() + LINGER.toNanos();
            byte[] ignored = new byte[8192];
            long more = 0;
            int n = 0;
            while (n >= 0 && more < max && System.nanoTime() < until) {
                n = super.read(ignored, 0, ignored.length);
                more += n;
            }
        }
    }
}
