package com.reliably.runner.github.api;

import java.io.IOException;
import java.time.Instant;

/** Why GitHub did not do what it was asked. The messages are for people, and have no secrets. */
public abstract sealed class GitHubFault extends IOException {

    private static final long serialVersionUID = 1L;

    private GitHubFault(String message, Throwable cause) {
        super(message, cause);
    }

    /** The fault behind what a library made of it; the thing itself where it is none. */
    static Throwable behind(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof GitHubFault) {
                return cause;
            }
        }
        return failure;
    }

    /** It was refused, and so certainly not done. */
    public static final class Refused extends GitHubFault {

        private static final long serialVersionUID = 1L;

        private final int status;

        Refused(int status, String message) {
            super(message, null);
            this.status = status;
        }

        /** The status of HTTP. */
        public int status() {
            return status;
        }

        /** Whether GitHub does not know what it was asked about, or does not show it to these credentials. */
        public boolean isUnknown() {
            return status == 404;
        }
    }

    /** It was not done, and nothing is to be asked before that moment. */
    public static final class Limited extends GitHubFault {

        private static final long serialVersionUID = 1L;

        private final transient Instant until;

        Limited(Instant until, String message) {
            super(message, null);
            this.until = until;
        }

        /** By the server's clock. */
        public Instant until() {
            return until;
        }
    }

    /** It was not asked, because it had taken too long until it could be. */
    public static final class Unsent extends GitHubFault {

        private static final long serialVersionUID = 1L;

        Unsent(String message) {
            super(message, null);
        }
    }

    /** No answer, or one that says nothing of what was done: it may have been, or not. */
    public static final class Unheard extends GitHubFault {

        private static final long serialVersionUID = 1L;

        /**
         * Also of what is to be tried again for another reason.
         *
         * @param cause null where there is none
         */
        public Unheard(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
