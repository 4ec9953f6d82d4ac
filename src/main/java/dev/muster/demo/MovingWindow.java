package dev.muster.demo;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** Admits so many calls in any stretch of the given length, wherever it begins. A refused call takes no place. */
final class MovingWindow {
    private final int limit;
    private final long lengthMillis;
    private final Clock clock;
    private final Deque<Long> admitted = new ArrayDeque<>();

    MovingWindow(int limit, Duration length, Clock clock) {
        this.limit = limit;
        this.lengthMillis = length.toMillis();
        this.clock = clock;
    }

    synchronized boolean isFull() {
        forget();
        return admitted.size() >= limit;
    }

    synchronized void admit() {
        admitted.addLast(clock.millis());
    }

    synchronized int remaining() {
        forget();
        return Math.max(0, limit - admitted.size());
    }

    int limit() {
        return limit;
    }

    long lengthSeconds() {
        return lengthMillis / 1000;
    }

    /** Whole seconds until a place is free again, at least 1. */
    synchronized long secondsUntilFree() {
        forget();
        if (admitted.size() < limit) {
            return 1;
        }
        long millis = admitted.getFirst() + lengthMillis - clock.millis();
        return Math.max(1, (millis + 999) / 1000);
    }

    private void forget() {
        long horizon = clock.millis() - lengthMillis;
        while (!admitted.isEmpty() && admitted.getFirst() <= horizon) {
            admitted.removeFirst();
        }
    }
}
