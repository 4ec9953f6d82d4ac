package dev.muster.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

/** A million bad requests at the door while a good sender goes on. */
final class Attack {
    private static final int KINDS = 16;
    private static final int VARIANTS = 16;
    private static final int BODY_MAX = 1_048_576;

    private Attack() {}

    static void run(Options options, Path work) throws Exception {
        int count = options.number("requests", 1_000_000);
        int connections = options.number("connections", 64);
        int rate = options.number("good-rate", 200);
        int seed = options.number("seed", 1);
        System.out.printf(
                Locale.ROOT,
                "attack: %d bad requests of %d kinds on %d connections, a good sender at %d/s, seed %d%n",
                count,
                KINDS,
                connections,
                rate,
                seed);
        ByteBuffer[][] bad = bad(new Random(seed));
        ByteBuffer[] good = Deliveries.rounds(5_000, 1_000);
        Path data = work.resolve("attack");
        try (HubProcess hub = HubProcess.hub(work, HubProcess.HOME, data, null)) {
            hub.awaitReady();
            Load.Result alone = new Load(
                            hub.port(), 4, rate, i -> good[i % good.length].duplicate(), (n, s, d, a) -> {})
                    .lasting(5, 5)
                    .run();
            // a first tenth, so that what is allocated once is not taken for a leak
            attack(hub, bad, connections, count / 10);
            double residentBefore = hub.megabytes("VmRSS");
            double liveBefore = collected(hub);
            Load goodLoad =
                    new Load(hub.port(), 4, rate, i -> good[i % good.length].duplicate(), (n, s, d, a) -> {});
            AtomicReference<Load.Result> goodResult = new AtomicReference<>();
            Thread sender = new Thread(() -> {
                try {
                    goodResult.set(goodLoad.run());
                } catch (Exception e) {
                    e.printStackTrace();
                }
            });
            sender.start();
            Load.Result attacked = attack(hub, bad, connections, count);
            goodLoad.stop();
            sender.join();
            double residentAfter = hub.megabytes("VmRSS");
            double liveAfter = collected(hub);
            Load.Result during = goodResult.get();
            System.out.printf(
                    Locale.ROOT,
                    "  bad requests: %,.0f/s, answers by status (0: closed without one) %s%n",
                    attacked.perSecond(),
                    attacked.statuses());
            System.out.printf(
                    Locale.ROOT,
                    "  good sender: alone p50 %.1f ms p99 %.1f ms; under attack p50 %.1f ms p99 %.1f ms max %.1f ms %s%n",
                    alone.millis(50),
                    alone.millis(99),
                    during.millis(50),
                    during.millis(99),
                    during.millis(100),
                    during.statuses());
            System.out.printf(
                    Locale.ROOT,
                    "  memory: live heap %.1f MB before, %.1f MB after; resident %.0f MB before, %.0f MB after%n",
                    liveBefore,
                    liveAfter,
                    residentBefore,
                    residentAfter);
            long broken = 0;
            for (int status = 500; status < 600; status++) {
                broken += attacked.count(status);
            }
            long refused = during.answers() - during.count(200);
            Figures.verdict("answers 5xx to bad requests", broken, broken == 0, "0");
            Figures.verdict("bad requests accepted", attacked.count(200), attacked.count(200) == 0, "0");
            Figures.verdict("good deliveries not accepted", refused, refused == 0, "0");
            double growth = liveAfter - liveBefore;
            Figures.verdict("growth of the live heap MB", growth, growth < 16, "below 16");
            if (broken + attacked.count(200) + refused > 0) {
                System.out.println(hub.tail());
            }
        }
    }

    private static Load.Result attack(HubProcess hub, ByteBuffer[][] bad, int connections, int count)
            throws Exception {
        return new Load(
                        hub.port(),
                        connections,
                        0,
                        new Load.Source() {
                            @Override
                            public ByteBuffer request(int number) {
                                if (number >= count) {
                                    return null;
                                }
                                return bad[kind(number)][number / KINDS % VARIANTS].duplicate();
                            }

                            @Override
                            public boolean hangsUp(int number) {
                                return kind(number) >= KINDS - 2;
                            }
                        },
                        (number, status, due, answer) -> {})
                .run();
    }

    /** Megabytes per request are few among kilobytes: the big body is one in 64 rounds of kinds. */
    private static int kind(int number) {
        int kind = number % KINDS;
        return kind == 0 && number / KINDS % 64 != 0 ? 1 : kind;
    }

    private static double collected(HubProcess hub) throws Exception {
        return hub.liveHeapMegabytes();
    }

    private static ByteBuffer[][] bad(Random random) {
        Deliveries deliveries = new Deliveries();
        ByteBuffer[][] requests = new ByteBuffer[KINDS][VARIANTS];
        for (int i = 0; i < VARIANTS; i++) {
            byte[] body = Deliveries.body(1_000_000 + i, 0);
            String signature = deliveries.signature(body);
            byte[] flipped = body.clone();
            flipped[random.nextInt(flipped.length)] ^= 0x01;
            byte[] noise = new byte[200 + random.nextInt(800)];
            random.nextBytes(noise);
            requests[0][i] = sharedBigBody(deliveries);
            requests[1][i] = Deliveries.request(flipped, signature);
            requests[2][i] = Deliveries.request(body, "00".repeat(16));
            requests[3][i] = Deliveries.request(body, "zz" + signature.substring(2));
            requests[4][i] = Deliveries.request(body, "");
            requests[5][i] = Deliveries.request(noise, "é".repeat(3));
            requests[6][i] = text("POST /api/webhooks/patreon HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
            requests[7][i] = text("POST /api/webhooks/nobody" + random.nextInt(1_000)
                    + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
            requests[8][i] = text("DELETE /api/webhooks/patreon HTTP/1.1\r\nHost: x\r\n\r\n");
            requests[9][i] = text("POST /api/webhooks/%zz/%2e%2e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
            requests[10][i] = text("POST /api/webhooks/patreon HTTP/1.1\r\nHost: x\r\nX-Long: " + "a".repeat(20_000)
                    + "\r\nContent-Length: 2\r\n\r\n{}");
            requests[11][i] = text("POST /api/webhooks/patreon HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                    + "Content-Length: 2\r\n\r\n{}");
            requests[12][i] = text("POST /api/webhooks/patreon HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\nnonsense\r\n\r\n");
            requests[13][i] = join(noise, text("\r\n\r\n"));
            requests[14][i] = cut(Deliveries.request(body, signature), random);
            requests[15][i] = cut(text("POST /api/webhooks/patreon HTTP/1.1\r\nHost: x\r\nX-Half: aaaaaaaaaaaaaa"), random);
        }
        return requests;
    }

    private static ByteBuffer big;

    private static ByteBuffer sharedBigBody(Deliveries deliveries) {
        if (big == null) {
            byte[] body = new byte[BODY_MAX + 1];
            big = deliveries.request(body);
        }
        return big;
    }

    private static ByteBuffer text(String request) {
        return ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static ByteBuffer join(byte[] first, ByteBuffer second) {
        return ByteBuffer.allocate(first.length + second.remaining())
                .put(first)
                .put(second)
                .flip();
    }

    private static ByteBuffer cut(ByteBuffer whole, Random random) {
        return whole.slice(0, 1 + random.nextInt(whole.remaining() - 1));
    }
}
