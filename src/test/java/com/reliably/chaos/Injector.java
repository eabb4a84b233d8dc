package com.reliably.chaos;

import com.reliably.chaos.FaultSchedule.Event;
import com.reliably.testing.TcpLink;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Brings a schedule of faults over the servers and the database, and restarts what ends. */
final class Injector implements AutoCloseable {

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final Database database;
    private final List<Replica> replicas;
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(16);
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
    private final Queue<End> ends = new ConcurrentLinkedQueue<>();
    private final Future<?> watch;

    /** A server that ended without having been killed. */
    record End(int replica, String why) {

        /** Whether it ended because it could not start, while the database was away. */
        boolean expected() {
            return Replica.couldNotStart(why);
        }

        @Override
        public String toString() {
            return "server " + replica + " ended: " + why;
        }
    }

    /** Looks after the servers from now on. */
    Injector(Database database, List<Replica> replicas) {
        this.database = database;
        this.replicas = replicas;
        this.watch = threads.scheduleWithFixedDelay(
                this::restartWhatEnded, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void restartWhatEnded() {
        for (Replica replica : replicas) {
            String why = replica.restartIfEnded();
            if (why != null) {
                End end = new End(replicas.indexOf(replica), why);
                ends.add(end);
                say(end.toString());
            }
        }
    }

    /** Lets everything happen and heals what remains; returns when all is over. */
    void inject(FaultSchedule schedule, Duration length) throws InterruptedException, ExecutionException {
        List<Future<?>> work = schedule.events().stream()
                .<Future<?>>map(event ->
                        threads.schedule(() -> carryOut(event), event.at().toMillis(), TimeUnit.MILLISECONDS))
                .toList();
        threads.schedule(() -> {}, length.toMillis(), TimeUnit.MILLISECONDS).get();
        for (Future<?> one : work) {
            one.get();
        }
        replicas.forEach(replica -> {
            replica.process().thaw();
            replica.database().put(TcpLink.State.OPEN);
            replica.putClock(Duration.ZERO);
        });
    }

    private void carryOut(Event event) {
        say(event.toString());
        synchronized (counts) {
            counts.merge(event.fault(), 1, Integer::sum);
        }
        Replica replica = replicas.get(event.replica());
        switch (event.fault()) {
            case KILL -> replica.killAndRestart();
            case CLOCK_JUMP -> replica.putClock(event.offset());
            case FREEZE -> {
                replica.process().freeze();
                after(event.lasts());
                replica.process().thaw();
            }
            case CUT -> interrupt(replica.database(), TcpLink.State.CUT, event.lasts());
            case BLACK_HOLE -> interrupt(replica.database(), TcpLink.State.SWALLOWING, event.lasts());
            case STALL -> interrupt(replica.database(), TcpLink.State.STALLED, event.lasts());
            case DATABASE_CRASH -> {
                database.crash();
                after(event.lasts());
                database.restart();
            }
        }
    }

    private void interrupt(TcpLink link, TcpLink.State how, Duration howLong) {
        link.put(how);
        after(howLong);
        link.put(TcpLink.State.OPEN);
    }

    /** How long a fault lasts is part of the fault: nothing is waited for here. */
    private void after(Duration time) {
        try {
            threads.schedule(() -> {}, time.toMillis(), TimeUnit.MILLISECONDS).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void say(String what) {
        System.out.println("[chaos] " + what);
    }

    /** How often each fault was brought about. */
    Map<Fault, Integer> counts() {
        synchronized (counts) {
            return new EnumMap<>(counts);
        }
    }

    /** How servers ended that nobody had killed. */
    List<End> ends() {
        return List.copyOf(ends);
    }

    int starts() {
        return IntStream.range(0, replicas.size())
                .map(i -> replicas.get(i).starts())
                .sum();
    }

    @Override
    public void close() throws InterruptedException {
        watch.cancel(false);
        threads.shutdownNow();
        threads.awaitTermination(1, TimeUnit.MINUTES);
    }
}
