package dev.muster.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A load generator that costs little beside what it measures: one thread, N keep-alive connections, requests rendered
 * beforehand, one request in flight per connection. Without a rate, each answer is followed by the next request; with
 * one, requests are due by the clock and a late one is measured from when it was due.
 */
final class Load {
    private static final int ANSWER_BYTES_MAX = 64 * 1024;

    /** What is sent. */
    interface Source {
        /** The bytes of a request, as a buffer of its own to read from; null ends the run. */
        @Nullable ByteBuffer request(int number);

        /** Whether the connection is closed as soon as the request is sent, without waiting for an answer. */
        default boolean hangsUp(int number) {
            return false;
        }
    }

    /** Told of each answer. */
    interface Answers {
        /** @param answer the whole answer from its status line on; only to be read during the call */
        void answered(int number, int status, long dueNanos, ByteBuffer answer);
    }

    /**
     * @param statuses how many answers had which status; 0 stands for a connection closed without an answer
     * @param latency in microseconds
     */
    record Result(long nanos, long answers, Map<Integer, Long> statuses, Histogram latency) {
        double perSecond() {
            return answers * 1e9 / nanos;
        }

        double millis(double percentile) {
            return latency.getValueAtPercentile(percentile) / 1e3;
        }

        long count(int status) {
            return statuses.getOrDefault(status, 0L);
        }
    }

    private final InetSocketAddress address;
    private final int connections;
    private final double perSecond;
    private final Source source;
    private final Answers answers;
    private final Histogram latency = new Histogram(60_000_000L, 3);
    private final Map<Integer, Long> statuses = new TreeMap<>();
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(ANSWER_BYTES_MAX);
    private long deadline = Long.MAX_VALUE;
    private long warmUntil;
    private long began;
    private int next;
    private int open;
    private long answered;
    private boolean exhausted;
    private volatile boolean stopped;
    private boolean endsWithServer;

    Load(int port, int connections, double perSecond, Source source, Answers answers) {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.connections = connections;
        this.perSecond = perSecond;
        this.source = source;
        this.answers = answers;
    }

    /** Ends the run after so many seconds; what was answered before {@code warmSeconds} is not counted. */
    Load lasting(double warmSeconds, double seconds) {
        long now = System.nanoTime();
        warmUntil = now + (long) (warmSeconds * 1e9);
        deadline = warmUntil + (long) (seconds * 1e9);
        return this;
    }

    /** A server that goes away ends the run instead of being connected to again. */
    Load endingWithServer() {
        endsWithServer = true;
        return this;
    }

    void stop() {
        stopped = true;
    }

    private static final class Connection {
        SocketChannel channel;
        SelectionKey key;
        @Nullable ByteBuffer out;
        final byte[] answer = new byte[ANSWER_BYTES_MAX];
        int length;
        int number = -1;
        long due;
    }

    Result run() throws IOException {
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < connections; i++) {
                Connection connection = new Connection();
                if (!connect(selector, connection)) {
                    throw new IOException("Nobody listens at " + address);
                }
            }
            began = System.nanoTime();
            dispatch();
            while (open > 0 || !broken.isEmpty()) {
                if (perSecond > 0) {
                    selector.select(this::ready, 1);
                } else {
                    selector.select(this::ready, 100);
                }
                dispatch();
                reconnect(selector);
                if (finished() && (stopped || allIdle())) {
                    break;
                }
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        }
        long end = Math.min(System.nanoTime(), deadline);
        return new Result(end - Math.max(began, warmUntil), answered, statuses, latency);
    }

    private final ArrayDeque<Connection> broken = new ArrayDeque<>();

    private boolean connect(Selector selector, Connection connection) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.connect(address);
        } catch (IOException e) {
            channel.close();
            return false;
        }
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        connection.channel = channel;
        connection.key = channel.register(selector, SelectionKey.OP_READ, connection);
        connection.out = null;
        connection.length = 0;
        connection.number = -1;
        open++;
        idle.add(connection);
        return true;
    }

    private void reconnect(Selector selector) throws IOException {
        Connection connection;
        while ((connection = broken.poll()) != null) {
            if (!finished() && !endsWithServer) {
                connect(selector, connection);
            }
        }
    }

    private boolean finished() {
        return stopped || exhausted || System.nanoTime() >= deadline;
    }

    private boolean allIdle() {
        return idle.size() == open;
    }

    /** Sends what is due on the connections that are free. */
    private void dispatch() {
        while (!idle.isEmpty() && !finished()) {
            long now = System.nanoTime();
            long due = perSecond > 0 ? began + (long) (next / perSecond * 1e9) : now;
            if (due > now) {
                return;
            }
            ByteBuffer request = source.request(next);
            if (request == null) {
                exhausted = true;
                return;
            }
            Connection connection = idle.poll();
            connection.number = next++;
            connection.due = due;
            connection.out = request;
            send(connection);
        }
    }

    private void send(Connection connection) {
        ByteBuffer out = connection.out;
        try {
            connection.channel.write(out);
            if (out.hasRemaining()) {
                connection.key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
        } catch (IOException e) {
            close(connection);
            return;
        }
        if (connection.key.interestOps() != SelectionKey.OP_READ) {
            connection.key.interestOps(SelectionKey.OP_READ);
        }
        connection.out = null;
        if (source.hangsUp(connection.number)) {
            close(connection);
        }
    }

    private void ready(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isReadable()) {
                in.clear();
                int read = connection.channel.read(in);
                if (read < 0) {
                    close(connection);
                    return;
                }
                in.flip();
                if (connection.length + read > connection.answer.length) {
                    close(connection);
                    return;
                }
                in.get(connection.answer, connection.length, read);
                connection.length += read;
                receive(connection);
            }
            if (key.isValid() && key.isWritable() && connection.out != null) {
                send(connection);
            }
        } catch (IOException e) {
            close(connection);
        }
    }

    private void receive(Connection connection) {
        byte[] answer = connection.answer;
        int length = connection.length;
        int head = endOfHead(answer, length);
        if (head < 0 || length < head + contentLength(answer, head)) {
            return;
        }
        int status = (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + (answer[11] - '0');
        count(connection, status);
        answers.answered(connection.number, status, connection.due, ByteBuffer.wrap(answer, 0, length));
        boolean unsent = connection.out != null;
        boolean closing = contains(answer, head, "onnection: close") || unsent;
        connection.length = 0;
        connection.number = -1;
        if (closing) {
            close(connection);
        } else {
            idle.add(connection);
        }
    }

    private void count(Connection connection, int status) {
        long now = System.nanoTime();
        if (now < warmUntil || now > deadline) {
            return;
        }
        answered++;
        statuses.merge(status, 1L, Long::sum);
        latency.recordValue(Math.min(59_000_000L, Math.max(0, (now - connection.due) / 1_000)));
    }

    private void close(Connection connection) {
        if (connection.number >= 0) {
            count(connection, 0);
        } else {
            idle.remove(connection);
        }
        connection.key.cancel();
        try {
            connection.channel.close();
        } catch (IOException e) {
            // closed is closed
        }
        open--;
        if (!endsWithServer) {
            broken.add(connection);
        }
    }

    private static int endOfHead(byte[] bytes, int length) {
        for (int i = 3; i < length; i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n' && bytes[i - 3] == '\r') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int contentLength(byte[] bytes, int head) {
        int at = find(bytes, head, "ontent-length:");
        if (at < 0) {
            return 0;
        }
        int value = 0;
        for (int i = at + 14; i < head && bytes[i] != '\r'; i++) {
            if (bytes[i] != ' ') {
                value = value * 10 + bytes[i] - '0';
            }
        }
        return value;
    }

    private static boolean contains(byte[] bytes, int head, String text) {
        return find(bytes, head, text) >= 0;
    }

    private static int find(byte[] bytes, int head, String text) {
        int last = head - text.length();
        for (int i = 0; i <= last; i++) {
            int j = 0;
            while (j < text.length() && (bytes[i + j] | 0x20) == (text.charAt(j) | 0x20)) {
                j++;
            }
            if (j == text.length()) {
                return i;
            }
        }
        return -1;
    }
}
