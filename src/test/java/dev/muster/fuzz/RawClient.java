package dev.muster.fuzz;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One connection to a hub, opened anew where it was closed; it sends whatever bytes it is given. */
final class RawClient implements AutoCloseable {
    /** No answer may take longer, however crowded the machine is. */
    private static final int PATIENCE_MILLIS = 60_000;

    private final int port;
    private Socket socket = new Socket();
    private InputStream in = InputStream.nullInputStream();

    RawClient(int port) {
        this.port = port;
    }

    /**
     * An answer.
     *
     * @param headers by their names in lower case
     */
    record Answer(int status, Map<String, String> headers, String body, long millis) {
        /** Without parameters; empty where there is none. */
        String contentType() {
            return headers.getOrDefault("content-type", "").split(";", 2)[0].strip();
        }
    }

    /**
     * Sends a request.
     *
     * @param bodyless whether the answer has no body by its method
     * @throws IOException where there was no answer
     */
    Answer send(byte[] request, boolean bodyless) throws IOException {
        long start = System.nanoTime();
        boolean isNew = socket.isClosed() || !socket.isConnected();
        try {
            return exchange(request, bodyless, start);
        } catch (IOException e) {
            close();
            if (isNew) {
                throw e;
            }
            // an idle connection may be closed at any time
            return exchange(request, bodyless, start);
        }
    }

    private Answer exchange(byte[] request, boolean bodyless, long start) throws IOException {
        if (socket.isClosed() || !socket.isConnected()) {
            socket = new Socket();
            socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
        }
        try {
            socket.getOutputStream().write(request);
        } catch (IOException e) {
            // it may have answered and closed while the rest was being sent
        }
        Answer answer = read(bodyless, start);
        if (answer.headers().getOrDefault("connection", "").equalsIgnoreCase("close")
                || answer.status() == 413
                || answer.status() == 414
                || answer.status() == 431) {
            close();
        }
        return answer;
    }

    private Answer read(boolean bodyless, long start) throws IOException {
        String line = line();
        if (line.length() < 12) {
            throw new IOException("The connection was closed without an answer: '" + line + "'");
        }
        int status = Integer.parseInt(line.substring(9, 12));
        Map<String, String> headers = new TreeMap<>();
        for (String header = line(); !header.isEmpty(); header = line()) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        if (status == 100) {
            return read(bodyless, start);
        }
        byte[] body = new byte[0];
        if (!bodyless && status != 204 && status != 304) {
            body = headers.getOrDefault("transfer-encoding", "").equals("chunked")
                    ? chunks()
                    : in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        }
        return new Answer(
                status, headers, new String(body, StandardCharsets.UTF_8), (System.nanoTime() - start) / 1_000_000);
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(line().split(";", 2)[0].strip(), 16);
            all.write(in.readNBytes(size));
            line();
            if (size == 0) {
                return all.toByteArray();
            }
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int one = in.read(); one >= 0 && one != '\n'; one = in.read()) {
            if (one != '\r') {
                line.append((char) one);
            }
        }
        return line.toString();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone already
        }
    }
}
