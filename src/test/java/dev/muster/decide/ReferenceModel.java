package dev.muster.decide;

import static java.util.Comparator.comparing;

import dev.muster.canonical.RecordKey;
import dev.muster.decide.Histories.Delivered;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The rules of {@code config/survivorship.yaml} for members once more: slow, naive, keeping every statement ever made and
 * computing everything anew. It shares with the real thing only the comparison of two names.
 */
final class ReferenceModel {
    /** What one source says of one field now. */
    record Held(RecordKey key, Object value, Instant observedAt, Instant asOf, long deliveryId, Instant firstSeen) {}

    private static final List<String> PLATFORMS = List.of("klaviyo", "patreon", "eventbrite");
    private static final List<String> RESTRICTIONS = List.of("opted_out", "pending", "never", "opted_in");
    private static final Set<String> ADDRESS =
            Set.of("addressLine1", "addressLine2", "city", "region", "postalCode", "country");

    private final List<Delivered> everything;

    ReferenceModel(Collection<Delivered> everything) {
        this.everything = List.copyOf(everything);
    }

    // ---- sources

    Set<RecordKey> keys() {
        return everything.stream().map(one -> one.record().key()).collect(Collectors.toCollection(TreeSet::new));
    }

    private List<Delivered> of(RecordKey key) {
        return everything.stream().filter(one -> one.record().key().equals(key)).toList();
    }

    private static boolean blank(Object value) {
        return value instanceof String text ? text.isBlank() : value instanceof List<?> list && list.isEmpty();
    }

    Optional<Held> held(RecordKey key, String field) {
        List<Delivered> having = of(key).stream()
                .filter(one -> one.record().fields().containsKey(field))
                .filter(one -> !blank(one.record().fields().get(field)))
                .toList();
        Optional<Instant> firstSeen =
                having.stream().map(one -> one.record().asOf()).min(Comparator.naturalOrder());
        return having.stream()
                .max(comparing((Delivered one) -> one.record().asOf())
                        .thenComparing(one -> one.record().arrival())
                        .thenComparing(one -> one.record().observedAt(field))
                        .thenComparing(one -> text(one.record().fields().get(field)))
                        .thenComparing(comparing(Delivered::deliveryId).reversed()))
                .map(one -> new Held(
                        key,
                        one.record().fields().get(field),
                        one.record().observedAt(field),
                        one.record().asOf(),
                        one.deliveryId(),
                        firstSeen.orElseThrow()));
    }

    private static String text(Object value) {
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(text -> ((String) text).length() + ":" + text)
                    .collect(Collectors.joining());
        }
        return value.toString();
    }

    boolean removed(RecordKey key) {
        return of(key).stream()
                .max(comparing((Delivered one) -> one.record().asOf())
                        .thenComparing(one -> one.record().arrival())
                        .thenComparing(one -> one.record().observedAt())
                        .thenComparing(one -> one.record().tombstone()))
                .orElseThrow()
                .record()
                .tombstone();
    }

    Set<String> emails(RecordKey key) {
        return of(key).stream()
                .map(one -> one.record().fields().get("email"))
                .filter(email -> email != null && !blank(email))
                .map(email -> ((String) email).toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    // ---- golden records, as text: value | rule | platform | external id | observed at | delivery

    Map<String, String> golden(Set<RecordKey> person) {
        List<RecordKey> heard = heard(person);
        Map<String, String> golden = new TreeMap<>();
        List<RecordKey> everybody = person.stream().sorted().toList();
        Set<String> names = fieldNames(heard);
        fieldNames(everybody).stream()
                .filter(field -> field.startsWith("consent"))
                .forEach(names::add);
        for (String field : names) {
            if (ADDRESS.contains(field)) {
                continue;
            }
            List<Held> candidates = candidates(field.startsWith("consent") ? everybody : heard, field);
            Comparator<Held> latest = latest(held -> text(held.value()));
            switch (field) {
                case "consentEmail", "consentSms" -> {
                    Comparator<Held> strict = comparing((Held held) -> -restriction(held));
                    put(golden, field, "most_restrictive", candidates.stream().max(strict.thenComparing(latest)), null);
                }
                case "birthDate", "gender" -> put(golden, field, "review", standing(candidates), null);
                case "tags" -> {
                    Set<String> union = new TreeSet<>();
                    candidates.forEach(held -> ((List<?>) held.value()).forEach(tag -> union.add((String) tag)));
                    // the union has no order of platforms
                    Comparator<Held> spokeLast = comparing(Held::observedAt)
                            .thenComparing(Held::asOf)
                            .thenComparing(held -> text(held.value()))
                            .thenComparing(Held::key);
                    put(golden, field, "union", candidates.stream().max(spokeLast), List.copyOf(union));
                }
                default -> put(golden, field, "latest", candidates.stream().max(latest), null);
            }
        }
        addressSource(heard)
                .ifPresent(key -> ADDRESS.forEach(part ->
                        held(key, part).ifPresent(held -> put(golden, part, "latest", Optional.of(held), null))));
        return golden;
    }

    private List<RecordKey> heard(Set<RecordKey> person) {
        List<RecordKey> living =
                person.stream().filter(key -> !removed(key)).sorted().toList();
        return living.isEmpty() ? person.stream().sorted().toList() : living;
    }

    boolean tombstone(Set<RecordKey> person) {
        return person.stream().allMatch(this::removed);
    }

    Set<String> conflicts(Set<RecordKey> person) {
        List<RecordKey> heard = heard(person);
        Set<String> conflicts = new TreeSet<>();
        for (String field : List.of("birthDate", "gender")) {
            List<Held> candidates = candidates(heard, field);
            long meanings = candidates.stream()
                    .map(held -> ((String) held.value()).toLowerCase(Locale.ROOT))
                    .distinct()
                    .count();
            if (meanings > 1) {
                conflicts.add(
                        field + " " + standing(candidates).orElseThrow().key().reference() + " of "
                                + candidates.stream()
                                        .map(held -> held.key().reference())
                                        .toList());
            }
        }
        return conflicts;
    }

    private Set<String> fieldNames(List<RecordKey> keys) {
        Set<String> names = new TreeSet<>();
        everything.stream()
                .filter(one -> keys.contains(one.record().key()))
                .forEach(one -> names.addAll(one.record().fields().keySet()));
        return names;
    }

    private List<Held> candidates(List<RecordKey> keys, String field) {
        return keys.stream()
                .map(key -> held(key, field))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Held> standing(List<Held> candidates) {
        return candidates.stream().min(comparing(Held::firstSeen).thenComparing(Held::key));
    }

    private static int restriction(Held held) {
        int index = RESTRICTIONS.indexOf(held.value());
        return index < 0 ? RESTRICTIONS.size() : index;
    }

    private static Comparator<Held> latest(Function<Held, String> text) {
        return comparing(Held::observedAt)
                .thenComparing(held -> -PLATFORMS.indexOf(held.key().platform()))
                .thenComparing(Held::asOf)
                .thenComparing(text)
                .thenComparing(Held::key);
    }

    private Optional<RecordKey> addressSource(List<RecordKey> heard) {
        List<RecordKey> withStreet = heard.stream()
                .filter(key -> held(key, "addressLine1").isPresent())
                .toList();
        List<RecordKey> withAny = heard.stream()
                .filter(key -> ADDRESS.stream().anyMatch(part -> held(key, part).isPresent()))
                .toList();
        List<RecordKey> able = withStreet.isEmpty() ? withAny : withStreet;
        return able.stream()
                .max(comparing((RecordKey key) -> parts(key)
                                .map(Held::observedAt)
                                .max(Comparator.naturalOrder())
                                .get())
                        .thenComparing(key -> -PLATFORMS.indexOf(key.platform()))
                        .thenComparing(key -> parts(key)
                                .map(Held::asOf)
                                .max(Comparator.naturalOrder())
                                .get())
                        .thenComparing(this::addressText)
                        .thenComparing(Comparator.naturalOrder()));
    }

    private java.util.stream.Stream<Held> parts(RecordKey key) {
        return List.of("addressLine1", "city", "country").stream()
                .map(part -> held(key, part))
                .flatMap(Optional::stream);
    }

    private String addressText(RecordKey key) {
        StringBuilder text = new StringBuilder();
        for (String part : List.of("addressLine1", "city", "country")) {
            held(key, part).ifPresent(held -> {
                String value = "s" + held.value();
                text.append(part.length()).append(':').append(part);
                text.append(value.length()).append(':').append(value);
            });
        }
        return text.toString();
    }

    private static void put(
            Map<String, String> golden, String field, String rule, Optional<Held> winner, Object value) {
        winner.ifPresent(held -> golden.put(
                field,
                line(
                        value == null ? held.value() : value,
                        rule,
                        held.key().platform(),
                        held.key().externalId(),
                        held.observedAt(),
                        held.deliveryId())));
    }

    static String line(
            Object value, String rule, String platform, String externalId, Instant observedAt, long deliveryId) {
        return value + " | " + rule + " | " + platform + " | " + externalId + " | " + observedAt + " | " + deliveryId;
    }

    // ---- people

    Set<Set<RecordKey>> people() {
        List<Set<RecordKey>> people = new ArrayList<>();
        keys().forEach(key -> people.add(new TreeSet<>(Set.of(key))));
        Set<String> emails = new TreeSet<>();
        keys().forEach(key -> emails.addAll(emails(key)));
        for (String email : emails) {
            List<RecordKey> sharing =
                    keys().stream().filter(key -> emails(key).contains(email)).toList();
            for (RecordKey later : sharing) {
                for (RecordKey earlier : sharing) {
                    if (earlier.compareTo(later) < 0) {
                        joinIfAllAgree(people, earlier, later);
                    }
                }
            }
        }
        return people.stream().map(Set::copyOf).collect(Collectors.toSet());
    }

    private void joinIfAllAgree(List<Set<RecordKey>> people, RecordKey a, RecordKey b) {
        Set<RecordKey> left = personOf(people, a);
        Set<RecordKey> right = personOf(people, b);
        if (left == right) {
            return;
        }
        for (RecordKey one : left) {
            for (RecordKey other : right) {
                if (NameMatch.clearlyDifferent(
                        name(one, "firstName"), name(one, "lastName"),
                        name(other, "firstName"), name(other, "lastName"))) {
                    return;
                }
            }
        }
        left.addAll(right);
        people.remove(right);
    }

    private static Set<RecordKey> personOf(List<Set<RecordKey>> people, RecordKey key) {
        return people.stream()
                .filter(person -> person.contains(key))
                .findFirst()
                .orElseThrow();
    }

    private String name(RecordKey key, String field) {
        return held(key, field).map(held -> (String) held.value()).orElse("");
    }
}
