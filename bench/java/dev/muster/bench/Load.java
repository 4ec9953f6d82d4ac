package dev.muster.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * A sender with little CPU of its own: one thread, keep-alive connections, one request under way on each. The requests
 * are rendered beforehand. A latency is from the first byte handed to the kernel to the last byte of the answer.
 */
final class Load {
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.ISO_8859_1);

    private final int port;
    private final int connections;
    private final IntFunction<ByteBuffer> requests;
    private final Answers answers;
    private final Histogram latencies = new Histogram(60_000_000, 3);
    private final Map<Integer, Long> statuses = new TreeMap<>();
    private int sent;
    private int open;
    private long deadline;

    /** Told of each answer; {@code body} is only valid during the call. */
    @FunctionalInterface
    interface Answers {
        void answered(int request, int status, ByteBuffer body);
    }

    /**
     * @param requests the request with a number, counted from 0; null where there is no further one
     */
    Load(int port, int connections, IntFunction<ByteBuffer> requests, Answers answers) {
        this.port = port;
        this.connections = connections;
        this.requests = requests;
        this.answers = answers;
    }

    Load(int port, int connections, IntFunction<ByteBuffer> requests) {
        this(port, connections, requests, (request, status, body) -> {});
    }

    /**
     * What was measured.
     *
     * @param statuses answers by status; 0 for connections lost before their answer
     * @param latencies in microseconds
     */
    record Outcome(Map<Integer, Long> statuses, Histogram latencies, double seconds, long startedAt) {
        double rate() {
            return statuses.getOrDefault(200, 0L) / seconds;
        }

        double millisAt(double percentile) {
            return latencies.getValueAtPercentile(percentile) / 1_000.0;
        }

        /** Fails loudly where anything but 200 was answered: a benchmark of errors is none. */
        Outcome allAccepted() {
            if (statuses.size() != 1 || !statuses.containsKey(200)) {
                throw new IllegalStateException("Not every request was answered 200: " + statuses);
            }
            return this;
        }
    }

    /** Sends until the requests are used up, the time is over, or every connection was lost. */
    Outcome run(double seconds) throws IOException {
        try (Selector selector = Selector.open()) {
            long startedAt = System.currentTimeMillis();
            long start = System.nanoTime();
            deadline = start + (long) (seconds * 1e9);
            for (int i = 0; i < connections; i++) {
                Connection connection = new Connection(selector);
                open++;
                connection.next();
            }
            while (open > 0) {
                selector.select(key -> ((Connection) key.attachment()).ready(), 1_000);
                if (System.nanoTime() - deadline > 30_000_000_000L) {
                    throw new IOException(open + " connections had no answer 30 s after the end");
                }
            }
            return new Outcome(statuses, latencies, (System.nanoTime() - start) / 1e9, startedAt);
        }
    }

    private final class Connection {
        private final SocketChannel channel;
        private final SelectionKey key;
        private final ByteBuffer in = ByteBuffer.allocate(8_192);
        private ByteBuffer out = ByteBuffer.allocate(0);
        private int request;
        private long sentAt;

        Connection(Selector selector) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.configureBlocking(false);
            channel.socket().setTcpNoDelay(true);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        void next() throws IOException {
            ByteBuffer rendered = System.nanoTime() > deadline ? null : requests.apply(sent);
            if (rendered == null) {
                channel.close();
                open--;
                return;
            }
            request = sent++;
            out = rendered.duplicate();
            sentAt = System.nanoTime();
            write();
        }

        private void write() throws IOException {
            channel.write(out);
            int wanted = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
        }

        void ready() {
            try {
                if (key.isWritable()) {
                    write();
                }
                if (key.isReadable()) {
                    if (channel.read(in) < 0) {
                        lost();
                        return;
                    }
                    int end = endOfAnswer();
                    if (end > 0) {
                        long micros = (System.nanoTime() - sentAt) / 1_000;
                        latencies.recordValue(Math.min(micros, 60_000_000));
                        int status = (in.get(9) - '0') * 100 + (in.get(10) - '0') * 10 + in.get(11) - '0';
                        statuses.merge(status, 1L, Long::sum);
                        answers.answered(request, status, in);
                        in.clear();
                        next();
                    }
                }
            } catch (IOException e) {
                lost();
            }
        }

        private void lost() {
            statuses.merge(0, 1L, Long::sum);
            open--;
            key.cancel();
            try {
                channel.close();
            } catch (IOException e) {
                // it is gone already
            }
        }

        /** Where the answer ends, or -1 while it is not whole. Afterwards the buffer stands at its body. */
        private int endOfAnswer() {
            byte[] bytes = in.array();
            int filled = in.position();
            int length = 0;
            for (int i = 12; i + 3 < filled; i++) {
                if (bytes[i] != '\r') {
                    continue;
                }
                if (bytes[i + 2] == '\r') {
                    int body = i + 4;
                    if (filled < body + length) {
                        return -1;
                    }
                    in.position(body);
                    in.limit(body + length);
                    return body + length;
                }
                if (startsLength(bytes, i + 2, filled)) {
                    length = 0;
                    for (int at = i + 2 + LENGTH.length; at < filled && bytes[at] != '\r'; at++) {
                        if (bytes[at] >= '0') {
                            length = length * 10 + bytes[at] - '0';
                        }
                    }
                }
            }
            return -1;
        }

        private boolean startsLength(byte[] bytes, int at, int filled) {
            if (at + LENGTH.length >= filled) {
                return false;
            }
            for (int i = 0; i < LENGTH.length; i++) {
                if ((bytes[at + i] | 0x20) != (LENGTH[i] | 0x20)) {
                    return false;
                }
            }
            return true;
        }
    }
}
