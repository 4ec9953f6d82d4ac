package dev.muster.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** A platform that lists people page by page, and counts how often each page was asked for. */
final class PeoplePages implements AutoCloseable {
    private final int records;
    private final int size;
    private final AtomicIntegerArray asked;
    private final AtomicInteger furthest = new AtomicInteger();
    private final ExecutorService answering;
    private final HttpServer server;

    PeoplePages(int records, int size) throws IOException {
        this.records = records;
        this.size = size;
        asked = new AtomicIntegerArray((records + size - 1) / size + 1);
        // else the JDK's server sends head and body of an answer apart, and each waits 40 ms for the other side's ACK
        System.setProperty("sun.net.httpserver.nodelay", "true");
        answering = Executors.newFixedThreadPool(2);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(answering);
        server.createContext("/people", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    int records() {
        return records;
    }

    int pages() {
        return asked.length() - 1;
    }

    /** The last page that was asked for so far, from 1. */
    int furthest() {
        return furthest.get();
    }

    /** How many requests asked for a page that was asked for before. */
    int askedAgain() {
        int again = 0;
        for (int page = 1; page < asked.length(); page++) {
            again += Math.max(0, asked.get(page) - 1);
        }
        return again;
    }

    static String email(int person) {
        return "p" + person + "@example.org";
    }

    static String zip(int person) {
        return Integer.toString(10_000 + person % 90_000);
    }

    private void answer(HttpExchange call) throws IOException {
        int page = 1;
        for (String parameter : call.getRequestURI().getRawQuery().split("&")) {
            if (parameter.startsWith("page=")) {
                page = Integer.parseInt(parameter.substring("page=".length()));
            }
        }
        asked.incrementAndGet(page);
        furthest.accumulateAndGet(page, Math::max);
        StringBuilder body = new StringBuilder(size * 220).append("{\"last_page\":").append(pages());
        body.append(",\"data\":[");
        for (int i = (page - 1) * size; i < Math.min(records, page * size); i++) {
            body.append(i % size == 0 ? "" : ",").append("{\"id\":\"p").append(i).append("\",\"email\":\"")
                    .append(email(i)).append("\",\"first\":\"Ada\",\"last\":\"Lovelace\",\"city\":\"Turin\",\"zip\":\"")
                    .append(zip(i)).append("\",\"updated_at\":\"2026-01-01T00:00:00Z\"}");
        }
        byte[] bytes = body.append("]}").toString().getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = call.getResponseBody()) {
            call.sendResponseHeaders(200, bytes.length);
            out.write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        answering.shutdownNow();
    }
}
