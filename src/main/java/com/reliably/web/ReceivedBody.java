package com.reliably.web;

import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A body in memory, in blocks that are let go as they are read. Written by one thread, then read by one thread; closed by any,
 * as when the client goes away.
 */
final class ReceivedBody extends InputStream {

    private static final int SMALLEST_BLOCK = 1024;
    private static final int LARGEST_BLOCK = 64 * 1024;

    private final Deque<byte[]> blocks = new ArrayDeque<>();
    private long length;
    /** How much of the last block is written, and of the first one read. */
    private int written;

    private int read;
    private long left;
    private Runnable whenRead = () -> {};

    /** Has something done, once, when nothing of it is in memory any more. */
    void whenRead(Runnable action) {
        whenRead = action;
    }

    /** In bytes. */
    long length() {
        return length;
    }

    /** By how many bytes of memory it has to grow before that many bytes can be added; 0 where they fit. */
    long growthFor(int more) {
        int free = freeInLast();
        long growth = 0;
        int size = blocks.isEmpty() ? 0 : blocks.peekLast().length;
        while (free < more) {
            size = nextSize(size);
            growth += size;
            free += size;
        }
        return growth;
    }

    /** Adds bytes. */
    void add(byte[] bytes) {
        int from = 0;
        while (from < bytes.length) {
            if (freeInLast() == 0) {
                blocks.add(new byte[nextSize(blocks.isEmpty() ? 0 : blocks.peekLast().length)]);
                written = 0;
            }
            int n = Math.min(freeInLast(), bytes.length - from);
            System.arraycopy(bytes, from, blocks.peekLast(), written, n);
            written += n;
            from += n;
        }
        length += bytes.length;
        left += bytes.length;
    }

    private int freeInLast() {
        return blocks.isEmpty() ? 0 : blocks.peekLast().length - written;
    }

    private static int nextSize(int size) {
        return Math.min(LARGEST_BLOCK, Math.max(SMALLEST_BLOCK, size * 4));
    }

    /** All of it, at once; nothing is left then. */
    byte[] toBytes() {
        byte[] all = new byte[Math.toIntExact(left)];
        int n = 0;
        while (n < all.length) {
            n += read(all, n, all.length - n);
        }
        return all;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public synchronized int read(byte[] buffer, int offset, int size) {
        if (size == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        byte[] first = blocks.peekFirst();
        int n = (int) Math.min(Math.min(size, first.length - read), left);
        System.arraycopy(first, read, buffer, offset, n);
        read += n;
        left -= n;
        if (read == first.length || left == 0) {
            blocks.removeFirst();
            read = 0;
        }
        if (left == 0) {
            close();
        }
        return n;
    }

    @Override
    public synchronized int available() {
        return (int) Math.min(left, Integer.MAX_VALUE);
    }

    @Override
    public synchronized void close() {
        blocks.clear();
        left = 0;
        Runnable action = whenRead;
        whenRead = () -> {};
        action.run();
    }
}
