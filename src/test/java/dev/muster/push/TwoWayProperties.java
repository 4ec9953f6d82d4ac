package dev.muster.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.TestFolder;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.Roll;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Two targets that people edit too, which rewrite what they are told and tell of everything late, twice and in disorder: all
 * of them come to say the same, and fall silent.
 */
class TwoWayProperties {
    private static final String LATEST = """
            entities:
              member:
                default: latest
                platforms: [desk, alpha, beta]
                fields:
                  consentEmail: { rule: most_restrictive, order: [opted_out, pending, never, opted_in] }
            """;
    private static final String PRECEDENCE = LATEST.replace("default: latest", "default: precedence");
    private static final List<String> LAST_NAMES = List.of("Lee", "Kim", "Smith", "Berg");

    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
    void everybodyComesToSayTheSameAndFallsSilent(@ForAll long seed) throws Exception {
        run(seed, LATEST, true);
    }

    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
    void theyDoSoWhereOnePlatformHasTheLastWord(@ForAll long seed) throws Exception {
        run(seed, PRECEDENCE, true);
    }

    @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
    void theyDoSoWhereAnswersDoNotShowWhatTheTargetMadeOfIt(@ForAll long seed) throws Exception {
        run(seed, LATEST, false);
    }

    private static void run(long seed, String rules, boolean answering) throws Exception {
        Random random = new Random(seed);
        Path folder = TestFolder.make("muster-two-way-");
        Map<String, String> files = new LinkedHashMap<>();
        files.put("alpha", FakeTarget.yaml("alpha", ""));
        files.put("beta", FakeTarget.yaml("beta", ""));
        try (PushWorld world = new PushWorld(folder, "jdbc:sqlite:" + folder.resolve("store.db"), files, rules)) {
            world.platforms.values().forEach(platform -> platform.answering = answering);
            world.platform("beta").shouting = false;
            List<CanonicalRecord> onTheWay = new ArrayList<>();
            for (int step = 0; step < 40; step++) {
                world.clock.advance(Duration.ofMillis(1 + random.nextInt(3_000)));
                change(world, random);
                world.platforms.values().forEach(platform -> onTheWay.addAll(platform.drain()));
                if (random.nextInt(3) == 0) {
                    world.push();
                }
                deliver(world, random, onTheWay);
            }
            Collections.shuffle(onTheWay, random);
            onTheWay.forEach(world::hear);
            world.settle();
            assertThat(world.settle()).as("calls after falling silent").isZero();
            check(world);
        } finally {
            delete(folder);
        }
    }

    private static void change(PushWorld world, Random random) {
        String id = "p" + random.nextInt(3);
        String email = id + "@example.org";
        FakeTarget platform = world.platform(random.nextBoolean() ? "alpha" : "beta");
        switch (random.nextInt(6)) {
            case 0, 1 -> world.person(id, "Ana");
            case 2 -> world.desk(id, "email", email, "lastName", pick(LAST_NAMES, random) + random.nextInt(1_000));
            case 3 -> platform.edit(email, "lastName", pick(LAST_NAMES, random) + random.nextInt(1_000));
            case 4 -> platform.edit(email, "phone", "+1500" + (1_000_000 + random.nextInt(1_000_000)));
            default -> {
                if (random.nextInt(8) == 0) {
                    platform.edit(email, "consentEmail", "opted_out");
                }
            }
        }
    }

    private static String pick(List<String> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }

    /** Late, in disorder, and some twice. */
    private static void deliver(PushWorld world, Random random, List<CanonicalRecord> onTheWay) {
        Collections.shuffle(onTheWay, random);
        int many = random.nextInt(onTheWay.size() + 1);
        for (int i = 0; i < many; i++) {
            CanonicalRecord record = onTheWay.remove(0);
            world.hear(record);
            if (random.nextInt(4) == 0) {
                onTheWay.add(record);
            }
        }
    }

    private static void check(PushWorld world) {
        for (Roll.Entry member : world.members()) {
            Map<String, Object> golden = member.record().values();
            for (FakeTarget platform : world.platforms.values()) {
                Map<String, Object> contact = platform.contact(String.valueOf(golden.get("email")));
                if ("opted_in".equals(golden.get("consentEmail"))) {
                    assertThat(contact).as("%s is there", golden).isNotNull();
                    for (String field : List.of("firstName", "lastName", "phone")) {
                        Object here = golden.get(field);
                        if (here != null && contact != null) {
                            assertThat(SourceRecord.sameMeaning(here, contact.getOrDefault(field, "")))
                                    .as("%s is %s in the hub and %s there", field, here, contact)
                                    .isTrue();
                        }
                    }
                } else if (contact != null) {
                    assertThat(contact).as("%s withdrew", golden).containsEntry("consentEmail", "opted_out");
                }
            }
        }
    }

    /** Calm: one change at a time, and everybody has heard of it before the next. */
    @Property(tries = 10, edgeCases = EdgeCasesMode.NONE)
    void calmChangesCostNoMoreCallsThanNeeded(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Path folder = TestFolder.make("muster-calm-");
        Map<String, String> files = new LinkedHashMap<>();
        files.put("alpha", FakeTarget.yaml("alpha", ""));
        files.put("beta", FakeTarget.yaml("beta", ""));
        try (PushWorld world = new PushWorld(folder, "jdbc:sqlite:" + folder.resolve("store.db"), files, LATEST)) {
            world.person("p0", "Ana");
            int calls = world.settle();
            int needed = 2;
            String lastName = "Lee";
            for (int step = 0; step < 20; step++) {
                world.clock.advance(Duration.ofMinutes(1));
                String next = pick(LAST_NAMES, random);
                boolean isThere = random.nextBoolean();
                if (isThere) {
                    world.platform("alpha").edit("p0@example.org", "lastName", next);
                } else {
                    world.desk("p0", "lastName", next);
                }
                needed += next.equals(lastName) ? 0 : isThere ? 1 : 2;
                lastName = next;
                world.listen();
                calls += world.settle();
            }
            assertThat(calls).isLessThanOrEqualTo((int) Math.ceil(needed * 1.2));
        } finally {
            delete(folder);
        }
    }

    /** Whatever happens in whatever order: nobody who did not opt in is ever named to a target, but to say goodbye. */
    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
    void nobodyIsNamedWhoDidNotOptIn(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Path folder = TestFolder.make("muster-consent-");
        try (PushWorld world = new PushWorld(
                folder,
                "jdbc:sqlite:" + folder.resolve("store.db"),
                Map.of("alpha", FakeTarget.yaml("alpha", "")),
                LATEST)) {
            FakeTarget alpha = world.platform("alpha");
            for (int step = 0; step < 40; step++) {
                String id = "p" + random.nextInt(4);
                String consent = pick(List.of("opted_in", "opted_in", "opted_out", "never", "pending"), random);
                world.clock.advance(Duration.ofSeconds(1));
                world.desk(
                        id,
                        "email",
                        id + "@example.org",
                        "lastName",
                        pick(LAST_NAMES, random),
                        "consentEmail",
                        consent);
                if (random.nextInt(3) == 0) {
                    int before = alpha.requests.size();
                    List<String> allowed = world.members().stream()
                            .filter(member ->
                                    "opted_in".equals(member.record().values().get("consentEmail")))
                            .map(member ->
                                    String.valueOf(member.record().values().get("email")))
                            .toList();
                    world.push();
                    boolean isMarketing = false;
                    for (int i = before; i < alpha.requests.size(); i++) {
                        boolean isGoodbye = alpha.requests.get(i).path().endsWith("/withdraw");
                        assertThat(isMarketing && isGoodbye)
                                .as("withdrawals come first")
                                .isFalse();
                        isMarketing |= !isGoodbye;
                        String body = new String(alpha.requests.get(i).body(), StandardCharsets.UTF_8);
                        if (!isGoodbye) {
                            for (int person = 0; person < 4; person++) {
                                String email = "p" + person + "@example.org";
                                assertThat(body.contains(email) && !allowed.contains(email))
                                        .as("%s in %s", email, body)
                                        .isFalse();
                            }
                        }
                    }
                }
                if (random.nextBoolean()) {
                    world.listen();
                }
            }
        } finally {
            delete(folder);
        }
    }

    /** Requests wait for their turn, and people change their minds meanwhile. */
    @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
    void nobodyIsNamedWhoWithdrewWhileTheRequestWaited(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Path folder = TestFolder.make("muster-waiting-");
        try (PushWorld world = new PushWorld(
                folder,
                "jdbc:sqlite:" + folder.resolve("store.db"),
                Map.of("alpha", FakeTarget.yaml("alpha", "")),
                LATEST)) {
            FakeTarget alpha = world.platform("alpha");
            Map<String, Boolean> optedIn = new LinkedHashMap<>();
            for (int i = 0; i < 6; i++) {
                world.person("p" + i, "Ana");
                optedIn.put("p" + i + "@example.org", true);
            }
            boolean[] odd = new boolean[1];
            int[] checked = new int[1];
            Runnable check = () -> {
                for (; checked[0] < alpha.requests.size(); checked[0]++) {
                    String path = alpha.requests.get(checked[0]).path();
                    String body = new String(alpha.requests.get(checked[0]).body(), StandardCharsets.UTF_8);
                    optedIn.forEach((email, allowed) ->
                            odd[0] |= !allowed && path.equals("/contacts") && body.contains('"' + email + '"'));
                }
            };
            world.whileWaiting = () -> {
                // what left before is judged by what held then
                check.run();
                if (random.nextInt(3) == 0) {
                    String id = "p" + random.nextInt(6);
                    world.clock.advance(Duration.ofMillis(10));
                    world.desk(id, "consentEmail", "opted_out");
                    optedIn.put(id + "@example.org", false);
                }
            };
            for (int step = 0; step < 10; step++) {
                world.clock.advance(Duration.ofSeconds(1));
                world.desk("p" + random.nextInt(6), "lastName", pick(LAST_NAMES, random) + step);
                world.push();
                check.run();
            }
            assertThat(odd[0]).as("named after the withdrawal").isFalse();
            world.whileWaiting = () -> {};
            world.settle();
            optedIn.forEach((email, allowed) -> {
                Map<String, Object> contact = alpha.contact(email);
                if (contact != null) {
                    assertThat(contact.get("consentEmail")).as(email).isEqualTo(allowed ? "opted_in" : "opted_out");
                }
            });
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
