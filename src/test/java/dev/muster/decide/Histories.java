package dev.muster.decide;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.RejectedValue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * Random histories of deliveries about few people on few platforms, with few distinct times and values, so that ties,
 * conflicts, changes of address, shared addresses and merges are common.
 */
final class Histories {
    /** One delivery: a statement and the id it was given. */
    record Delivered(CanonicalRecord record, long deliveryId) {}

    private record Times(int observed, int asOf, int arrival, int ownField) {}

    private Histories() {}

    static Arbitrary<List<Delivered>> any() {
        return statements().list().ofMinSize(1).ofMaxSize(24).map(Histories::withIds);
    }

    /** Every third statement is delivered a second time under another id, as a platform's retry is. */
    private static List<Delivered> withIds(List<CanonicalRecord> records) {
        List<Delivered> history = new ArrayList<>();
        long id = 100;
        for (int i = 0; i < records.size(); i++) {
            history.add(new Delivered(records.get(i), id++));
            if (i % 3 == 0) {
                history.add(new Delivered(records.get(i), id++));
            }
        }
        return history;
    }

    private static Arbitrary<CanonicalRecord> statements() {
        Arbitrary<String> platforms = Arbitraries.of("eventbrite", "klaviyo", "patreon");
        Arbitrary<String> externalIds = Arbitraries.of("1", "2");
        Arbitrary<Times> times = Combinators.combine(
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 4))
                .as(Times::new);
        Arbitrary<Boolean> removed = Arbitraries.frequency(Tuple.of(5, false), Tuple.of(1, true));
        Arbitrary<List<RejectedValue>> rejected = Arbitraries.frequencyOf(
                Tuple.of(5, Arbitraries.just(List.<RejectedValue>of())),
                Tuple.of(
                        1,
                        Arbitraries.of("12", "x")
                                .map(value -> List.of(new RejectedValue("phone", value, "not a phone number")))));
        return Combinators.combine(
                        platforms,
                        externalIds,
                        times,
                        removed,
                        fieldValues().list().ofMinSize(1).ofMaxSize(14),
                        rejected)
                .as(Histories::record);
    }

    private static CanonicalRecord record(
            String platform,
            String externalId,
            Times times,
            boolean removed,
            List<Map.Entry<String, Object>> values,
            List<RejectedValue> rejected) {
        Map<String, Object> fields = new HashMap<>();
        values.forEach(value -> fields.put(value.getKey(), value.getValue()));
        Map<String, Instant> fieldTimes =
                times.ownField() == 0 ? Map.of() : Map.of("consentEmail", Statements.day(times.ownField()));
        Instant arrival = platform.equals("patreon") ? Statements.day(times.arrival()) : Instant.EPOCH;
        return new CanonicalRecord(
                Statements.member(platform, externalId),
                fields,
                Statements.day(times.observed()),
                fieldTimes,
                Statements.day(times.asOf()),
                arrival,
                removed,
                rejected);
    }

    private static Arbitrary<Map.Entry<String, Object>> fieldValues() {
        return Arbitraries.oneOf(
                field("email", "a@example.com", "b@example.com", "c@example.com", "A@Example.com"),
                field("email", "a@example.com"),
                field("firstName", "Ana", "Bob"),
                field("firstName", "Ana", "A.", "Anton", "Bob", "Анна", "  "),
                field("lastName", "Lee", "LEE", "Kim", ""),
                field("phone", "+15005550006", "+15005550007", ""),
                field("consentEmail", "opted_in", "opted_out", "pending", "never", "perhaps"),
                field("birthDate", "1986-01-06", "1986-06-01"),
                field("gender", "female", "Female", "male"),
                field("tags", List.of("a"), List.of("b", "a"), List.of("c"), List.of()),
                field("addressLine1", "1 Main St", "9 Oak Ave"),
                field("city", "Bergen", "Oslo"),
                field("country", "NO", "SE"),
                field("age", 40L, 41L),
                field("vip", true, false));
    }

    private static Arbitrary<Map.Entry<String, Object>> field(String name, Object... values) {
        return Arbitraries.of(values).map(value -> Map.entry(name, value));
    }
}
