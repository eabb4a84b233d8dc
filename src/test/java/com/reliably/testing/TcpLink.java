package com.reliably.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP connection between two programs of a test that can be cut: it listens on a port of its own and passes on what
 * comes, until it is told otherwise.
 */
public final class TcpLink implements AutoCloseable {

    /** What becomes of what is sent. */
    public enum State {
        /** It is passed on. */
        OPEN,
        /** Connections are reset, new ones too: a host that is up, with nobody listening. */
        CUT,
        /** New connections are taken, and whatever comes from either side disappears: both wait for an answer. */
        SWALLOWING,
        /** As above, but nothing is lost: it arrives, late, when the link is open again, as TCP does it after an outage. */
        STALLED
    }

    private static final int PIECE = 16 * 1024;

    private final int target;
    private final ServerSocket listening;
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
    private State state = State.OPEN;

    /** A link to a port of this host, open. */
    public TcpLink(int target) {
        this.target = target;
        try {
            this.listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("accept", this::accept);
    }

    /** The port to connect to instead of the target's. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Changes what becomes of what is sent from now on, on connections that there are and on new ones. */
    public void put(State next) {
        boolean lossy;
        synchronized (this) {
            // What was swallowed cannot be made good: both ends have to begin anew.
            lossy = next == State.CUT || state == State.SWALLOWING;
            state = next;
            notifyAll();
        }
        if (lossy) {
            pairs.forEach(Pair::reset);
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                if (now() == State.CUT) {
                    reset(client);
                } else {
                    start("connect", () -> new Pair(client).begin());
                }
            } catch (IOException closed) {
                // The loop ends where it was closed on purpose.
            }
        }
    }

    private synchronized State now() {
        return state;
    }

    /** Waits while the link is stalled. */
    private synchronized State awaitMovement() {
        try {
            while (state == State.STALLED) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return state;
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, "link-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void reset(Socket socket) {
        try {
            // Without lingering, closing sends RST.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException gone) {
            // That is what was wanted.
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        put(State.CUT);
    }

    /** One connection: the two sockets that it consists of. */
    private final class Pair {

        private final Socket client;
        private final Socket server = new Socket();
        private final AtomicInteger ended = new AtomicInteger();

        Pair(Socket client) {
            this.client = client;
        }

        void begin() {
            pairs.add(this);
            try {
                if (awaitMovement() == State.OPEN) {
                    server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                    client.setTcpNoDelay(true);
                    server.setTcpNoDelay(true);
                    start("back", () -> pump(server, client));
                }
                pump(client, server);
            } catch (IOException refused) {
                reset();
            }
        }

        private void pump(Socket from, Socket to) {
            byte[] piece = new byte[PIECE];
            try {
                InputStream in = from.getInputStream();
                int read = in.read(piece);
                while (read >= 0) {
                    if (awaitMovement() == State.OPEN) {
                        OutputStream out = to.getOutputStream();
                        out.write(piece, 0, read);
                    }
                    read = in.read(piece);
                }
                // The end of a connection does not get through a cut either.
                if (awaitMovement() == State.OPEN) {
                    to.shutdownOutput();
                    if (ended.incrementAndGet() == 2) {
                        reset();
                    }
                }
            } catch (IOException broken) {
                reset();
            }
        }

        void reset() {
            pairs.remove(this);
            TcpLink.reset(client);
            TcpLink.reset(server);
        }
    }
}
