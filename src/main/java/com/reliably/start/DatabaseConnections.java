package com.reliably.start;

import io.netty.channel.ChannelPipeline;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.impl.Connection;
import io.vertx.sqlclient.impl.SocketConnectionBase;
import io.vertx.sqlclient.impl.SqlConnectionInternal;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Connections that do not wait for ever. A database whose host is cut off does not say that it is gone, and TCP goes on
 * trying for a quarter of an hour: without a limit every connection of the pool would end up waiting for an answer, and
 * the server would not find back when the database is there again. The client has no timeout of its own that helps, so
 * {@link AnswerWatch} looks after each connection. What PostgreSQL itself limits ({@code statement_timeout} and the
 * like) is set in application.properties.
 */
@Singleton
final class DatabaseConnections implements PgPoolCreator {

    /** By which name the client's library has the handler of its idle timeout, and its last handler. */
    private static final String IDLE = "idle";

    private static final String LAST = "handler";

    private final DatabaseSettings settings;

    DatabaseConnections(DatabaseSettings settings) {
        this.settings = settings;
    }

    @Override
    public Pool create(Input input) {
        List<PgConnectOptions> databases = input.pgConnectOptionsList();
        databases.forEach(this::limit);
        PoolOptions options = input.poolOptions()
                .setConnectionTimeout(millis(settings.connectsWithin()))
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS);
        return PgBuilder.pool()
                .with(options)
                .connectingTo(List.<SqlConnectOptions>copyOf(databases))
                .using(input.vertx())
                .withConnectHandler(this::watch)
                .build();
    }

    private void limit(PgConnectOptions options) {
        options.setConnectTimeout(millis(settings.connectsWithin()));
        options.setTcpKeepAlive(true);
        // Until the connection is made. From then on it may lie idle.
        options.setReadIdleTimeout(millis(settings.answersWithin()));
        options.setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    }

    private void watch(SqlConnection connection) {
        Connection physical = ((SqlConnectionInternal) connection).unwrap().unwrap();
        ChannelPipeline pipeline = ((SocketConnectionBase) physical)
                .socket()
                .channelHandlerContext()
                .pipeline();
        pipeline.remove(IDLE);
        pipeline.addBefore(LAST, "answers", new AnswerWatch(settings.answersWithin()));
        // Gives it to the pool.
        connection.close();
    }

    private static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }
}
