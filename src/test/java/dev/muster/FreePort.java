package dev.muster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** A port for a server that a test starts a little later, in this process or in another. */
public final class FreePort {
    private static final int FIRST = 12_000;
    /** From here on, systems take ports for outgoing connections: one could be gone before the server is there. */
    private static final int END = 32_000;

    private static final int TRIES = 1_000;

    private FreePort() {}

    /** Nobody listens on it now, and no connection takes it by itself. */
    public static int any() {
        IOException last = new IOException("none was tried");
        for (int i = 0; i < TRIES; i++) {
            // at random: processes that run at the same time must not try the same ones in the same order
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                last = e;
            }
        }
        throw new IllegalStateException("No port from " + FIRST + " to " + END + " is free", last);
    }
}
