package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.bench.Load.Outcome;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Requests that nobody honest sends, beside a sender who must not notice. */
final class Attack {
    private static final int ATTACKERS = 8;
    private static final int OVERSIZED_EVERY = 200;

    private Attack() {}

    static boolean run(Options options) throws Exception {
        int requests = options.number("requests", 100_000);
        ByteBuffer[] good = PatreonRequests.season(0, 4_096, 1);
        try (HubProcess hub = HubProcess.hub(Bench.home(), HubProcess.freshFolder("attack"), Map.of())) {
            Outcome warm = new Load(hub.port(), 8, i -> good[i % good.length]).run(10).allAccepted();
            Outcome calm = new Load(hub.port(), 8, i -> good[i % good.length]).run(5).allAccepted();
            attack(hub, requests / 10);
            long before = hub.residentMegabytes();
            AtomicInteger over = new AtomicInteger();
            List<Map<String, Integer>> answers = new ArrayList<>();
            long start = System.nanoTime();
            Thread attack = new Thread(() -> {
                answers.add(attack(hub, requests));
                over.set(1);
            });
            attack.start();
            Outcome underAttack =
                    new Load(hub.port(), 8, i -> over.get() == 0 ? good[i % good.length] : null).run(3_600);
            attack.join();
            say("attack: %,d hostile requests from %d connections in %.0f s", requests, ATTACKERS,
                    (System.nanoTime() - start) / 1e9);
            say("  answers: %s", answers.get(0));
            say("  good sender: %,.0f/s and p99 %.1f ms before, %,.0f/s and p99 %.1f ms meanwhile; its answers %s",
                    calm.rate(), calm.millisAt(99), underAttack.rate(), underAttack.millisAt(99),
                    underAttack.statuses());
            say("  resident %d MB before, %d MB after; peak heap %d MB; warmed up with %,.0f/s", before,
                    hub.residentMegabytes(), hub.peakHeapMegabytes(), warm.rate());
            long errors = answers.get(0).entrySet().stream()
                    .filter(entry -> entry.getKey().contains(" 5"))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
            boolean served = underAttack.statuses().keySet().equals(java.util.Set.of(200));
            say("  5xx: %d; %s", errors, errors == 0 && served ? "held" : "NOT HELD");
            return errors == 0 && served;
        }
    }

    private static Map<String, Integer> attack(HubProcess hub, int requests) {
        Map<String, Integer> answers = new TreeMap<>();
        AtomicInteger next = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < ATTACKERS; i++) {
            Thread thread = new Thread(() -> {
                try (Attacker attacker = new Attacker(hub.port())) {
                    int number;
                    while ((number = next.getAndIncrement()) < requests) {
                        Hostile hostile = hostile(number);
                        String answer = hostile.name() + " " + attacker.send(hostile);
                        synchronized (answers) {
                            answers.merge(answer, 1, Integer::sum);
                        }
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return answers;
    }

    /** @param cutOff whether the connection is closed without waiting for an answer */
    private record Hostile(String name, byte[] bytes, boolean cutOff) {}

    private static Hostile hostile(int number) {
        Random random = new Random(number);
        byte[] body = PatreonRequests.body(number % 1_000, 0);
        String path = "/api/webhooks/patreon";
        String signature = PatreonRequests.signature(body);
        if (number % OVERSIZED_EVERY == 0) {
            return new Hostile("oversized", PatreonRequests.request(path, new byte[1_200_000], signature), false);
        }
        switch (number % 9) {
            case 0:
                return new Hostile(
                        "wrong signature", PatreonRequests.request(path, body, signature.replace('a', 'b') + "0"), false);
            case 1:
                return new Hostile("no hex", PatreonRequests.request(path, body, "\u00ff zz"), false);
            case 2:
                byte[] noise = new byte[random.nextInt(2_000)];
                random.nextBytes(noise);
                return new Hostile(
                        "signed noise", PatreonRequests.request(path, noise, PatreonRequests.signature(noise)), false);
            case 3:
                byte[] half = java.util.Arrays.copyOf(body, random.nextInt(body.length));
                return new Hostile(
                        "signed half", PatreonRequests.request(path, half, PatreonRequests.signature(half)), false);
            case 4:
                byte[] whole = PatreonRequests.request(path, body, signature);
                return new Hostile(
                        "cut off", java.util.Arrays.copyOf(whole, 1 + random.nextInt(whole.length - 1)), true);
            case 5:
                byte[] garbage = new byte[1 + random.nextInt(500)];
                random.nextBytes(garbage);
                return new Hostile("no HTTP", garbage, true);
            case 6:
                String paths = List.of("/api/webhooks/", "/api/webhooks/nobody", "/api/webhooks/patreon/x/y/z",
                                "/api/webhooks/%00%ff", "/api/webhooks/patreon?%zz", "/api/webhooks//", "/%2e%2e/etc")
                        .get(random.nextInt(7));
                return new Hostile("strange path", PatreonRequests.request(paths, body, signature), false);
            case 7:
                byte[] deep = ("[".repeat(900) + "{\"data\":".repeat(50)).getBytes(StandardCharsets.UTF_8);
                return new Hostile(
                        "signed deep JSON", PatreonRequests.request(path, deep, PatreonRequests.signature(deep)), false);
            default:
                String head = List.of(
                                "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                                "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                                "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\n\r\nx",
                                "BREW " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                                "POST " + path + " HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(20_000) + "\r\n\r\n",
                                "POST /" + "z".repeat(9_000) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                        .get(random.nextInt(6));
                return new Hostile("strange head", head.getBytes(StandardCharsets.ISO_8859_1), false);
        }
    }

    /** One connection, opened anew whenever the hub closed it. */
    private static final class Attacker implements AutoCloseable {
        private final int port;
        private Socket socket = new Socket();
        private InputStream in = InputStream.nullInputStream();

        Attacker(int port) {
            this.port = port;
        }

        /** The status, or what happened instead. */
        String send(Hostile hostile) {
            try {
                if (!socket.isConnected() || socket.isClosed()) {
                    socket = new Socket();
                    socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
                    socket.setSoTimeout(20_000);
                    in = new BufferedInputStream(socket.getInputStream());
                }
                try {
                    socket.getOutputStream().write(hostile.bytes());
                } catch (IOException e) {
                    // it may have answered and closed while the rest was being sent
                }
                if (hostile.cutOff()) {
                    socket.close();
                    return "left";
                }
                return answer();
            } catch (IOException e) {
                close();
                return e.getClass().getSimpleName();
            }
        }

        private String answer() throws IOException {
            String status = line();
            if (status.length() < 12) {
                close();
                return "closed";
            }
            int length = 0;
            boolean closing = false;
            for (String header = line(); !header.isEmpty(); header = line()) {
                String lower = header.toLowerCase(Locale.ROOT);
                if (lower.startsWith("content-length:")) {
                    length = Integer.parseInt(lower.substring(15).strip());
                }
                closing |= lower.startsWith("connection:") && lower.contains("close");
            }
            in.readNBytes(length);
            int code = Integer.parseInt(status.substring(9, 12));
            if (closing || code == 400 || code == 413 || code == 414 || code == 431) {
                close();
            }
            return Integer.toString(code);
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
}
