package com.reliably.answer;

import com.reliably.connection.ConnectionSettings;
import jakarta.enterprise.inject.Instance;
import jakarta.ws.rs.ext.Provider;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;

/** Hands a large answer over to {@link AnswerInPieces}. */
@Provider
public final class LargeAnswerWriter extends OpenAnswerWriter<LargeAnswer> {

    private final AnswerMemory memory;
    /** There are none yet when writers are made. */
    private final Instance<ConnectionSettings> settings;

    LargeAnswerWriter(AnswerMemory memory, Instance<ConnectionSettings> settings) {
        super(LargeAnswer.class);
        this.memory = memory;
        this.settings = settings;
    }

    @Override
    protected void begin(LargeAnswer answer, ResteasyReactiveRequestContext request) {
        new AnswerInPieces(answer, request, settings.get().answerTimeout(), memory).begin();
    }
}
