package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.FieldSeal;
import dev.muster.db.Ids;
import dev.muster.decide.FieldOverride;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.normalize.CanonicalFields;
import dev.muster.normalize.InvalidValue;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * People's words about single fields: overrides, and the resolution of conflicts, which is an override too. Each act is one
 * transaction that writes the word, the golden record resolved anew, its provenance, the audit log, conflicts and pushes.
 * Lifting the override undoes it.
 */
public final class FieldRulings {
    /** The most conflicts that are resolved at once. */
    public static final int CONFLICTS_MAX = 1_000;

    /** So many of them in one transaction, so that deliveries have their turn between. */
    private static final int BATCH = 100;

    private static final Pattern FIELD = Pattern.compile("[a-z][A-Za-z0-9]{0,63}");

    private static final String CONFLICT = """
            SELECT organization, entity, golden_id, field, status, standing, rivals, resolved_by, choice
            FROM sync_conflicts WHERE id = ?""";

    static final String LAST_RESOLVED = """
            SELECT MAX(id) FROM sync_conflicts WHERE status = 'resolved' AND golden_id = ? AND field = ?""";

    private final Hearings hearings;

    public FieldRulings(Hearings hearings) {
        this.hearings = hearings;
    }

    /**
     * Sets a field of a golden record, whatever its sources say, until the override is lifted. One that was there is replaced. An
     * open conflict of the field is resolved by it.
     *
     * @param value a {@link String}, a whole number, a {@link Boolean} or a {@code List<String>}
     * @param version the version of the golden record that the person has seen; null where that does not matter
     * @return with the golden record as it is now
     * @throws Refusal 400 where the value is none of the field; 403 where it is one of a secret field that they may not see; 404 where there is no such record; 409 where it is merged away;
     *     412 where it is at another version
     */
    public Ruled override(
            Entity entity, long goldenId, String field, Object value, @Nullable Long version, ByWhom who) {
        requireField(field);
        Object canonical = canonical(field, value);
        String organization = hearings.organization(entity.table(), entity.id(), goldenId, who);
        AtomicLong act = new AtomicLong();
        Map<Long, GoldenRecord> after = hearings.hear(organization, who, hearing -> {
            GoldenRecord record = hearing.living(entity, goldenId, version);
            requireLikeness(field, canonical, record.values().get(field));
            hearing.touch(entity, goldenId);
            Object kept = hearing.sealed(entity, field, canonical);
            act.set(say(hearing, entity, goldenId, hearing.override(field, kept), "override", "own"));
            return () -> {};
        });
        return new Ruled(act.get(), null, List.copyOf(after.values()));
    }

    /** The entry tells what was said before, so that it can be said again. */
    private static long say(
            Hearing hearing, Entity entity, long goldenId, FieldOverride override, String action, String choice)
            throws SQLException {
        Map<String, Object> details = new TreeMap<>(Map.of("override", override.value(), "choice", choice));
        Words.Word before = hearing.words(entity, goldenId).standing(goldenId, override.field());
        if (before != null) {
            details.put("replaced", before.override().value());
            details.put("replacedBy", before.override().by());
        }
        long act = hearing.act(goldenId, action, details, Set.of(override.field()));
        hearing.spoken().words.add(new Spoken.Word(goldenId, override.field(), override, false, choice, act));
        return act;
    }

    /**
     * Lifts the override that stands on a field: its sources decide again. A conflict that it resolved is open again where
     * they still disagree.
     *
     * @param version as for {@link #override}
     * @throws Refusal 404 where there is no such record or no override; else as for {@link #override}
     */
    public Ruled lift(Entity entity, long goldenId, String field, @Nullable Long version, ByWhom who) {
        String organization = hearings.organization(entity.table(), entity.id(), goldenId, who);
        AtomicLong act = new AtomicLong();
        Map<Long, GoldenRecord> after = hearings.hear(organization, who, hearing -> {
            hearing.living(entity, goldenId, version);
            Words.Word standing = hearing.words(entity, goldenId).standing(goldenId, field);
            if (standing == null) {
                throw new Refusal(
                        FailureCode.NOT_FOUND,
                        404,
                        "Nobody has overridden '" + field + "' of the " + entity.id() + " " + Ids.format(goldenId));
            }
            hearing.touch(entity, goldenId);
            FieldOverride lifted = standing.override();
            Map<String, Object> details = Map.of("lifted", lifted.value(), "overriddenBy", lifted.by());
            act.set(hearing.act(goldenId, "lift_override", details, Set.of(field)));
            hearing.spoken().words.add(new Spoken.Word(goldenId, field, null, true, null, act.get()));
            lastResolved(hearing, goldenId, field)
                    .ifPresent(conflict -> hearing.spoken().reopened.put(goldenId, Map.of(field, conflict)));
            return () -> {};
        });
        return new Ruled(act.get(), null, List.copyOf(after.values()));
    }

    private static Optional<Long> lastResolved(Hearing hearing, long goldenId, String field) throws SQLException {
        try (PreparedStatement select = hearing.connection().prepareStatement(LAST_RESOLVED)) {
            select.setLong(1, goldenId);
            select.setString(2, field);
            try (ResultSet rows = select.executeQuery()) {
                rows.next();
                long id = rows.getLong(1);
                return rows.wasNull() ? Optional.empty() : Optional.of(id);
            }
        }
    }

    // --- conflicts ----------------------------------------------------------------------------------------------

    /**
     * Resolves one open conflict of sources or of persons. It has the status {@code resolved} from then on.
     *
     * @throws Refusal 404 where there is none; 409 where it does not wait any more; 400 where the choice does not fit;
     *     403 where it names a value of a secret field that they may not see
     */
    public Ruled resolve(long conflict, Choice choice, ByWhom who) {
        String organization = hearings.organization("sync_conflicts", "conflict", conflict, who);
        AtomicLong act = new AtomicLong();
        Map<Long, GoldenRecord> after = hearings.hear(organization, who, hearing -> {
            act.set(resolve(hearing, conflict, choice));
            return () -> {};
        });
        return new Ruled(act.get(), null, List.copyOf(after.values()));
    }

    /**
     * The same of many, in bounded transactions; each is answered for itself, in order.
     *
     * @throws Refusal 400 where they are more than {@link #CONFLICTS_MAX}
     */
    public List<Answer> resolveAll(List<Long> conflicts, Choice choice, ByWhom who) {
        if (conflicts.size() > CONFLICTS_MAX) {
            throw new Refusal(
                    FailureCode.BAD_REQUEST,
                    400,
                    conflicts.size() + " conflicts at once are too many: at most " + CONFLICTS_MAX);
        }
        Map<Long, Answer> answers = new LinkedHashMap<>();
        Map<String, List<Long>> byOrganization = new LinkedHashMap<>();
        for (Long conflict : new LinkedHashSet<>(conflicts)) {
            Optional<String> organization =
                    hearings.find("sync_conflicts", conflict).filter(who::sees);
            answers.put(conflict, Answer.not(conflict, Answer.Outcome.GONE, "there is no such conflict"));
            organization.ifPresent(name -> byOrganization
                    .computeIfAbsent(name, unused -> new ArrayList<>())
                    .add(conflict));
        }
        byOrganization.forEach((organization, all) -> {
            for (int i = 0; i < all.size(); i += BATCH) {
                answers.putAll(
                        resolveBatch(organization, all.subList(i, Math.min(all.size(), i + BATCH)), choice, who));
            }
        });
        return List.copyOf(answers.values());
    }

    private Map<Long, Answer> resolveBatch(String organization, List<Long> conflicts, Choice choice, ByWhom who) {
        Map<Long, Answer> answers = new LinkedHashMap<>();
        hearings.hear(organization, who, hearing -> {
            for (Long conflict : conflicts) {
                try {
                    answers.put(conflict, Answer.done(conflict, resolve(hearing, conflict, choice)));
                } catch (Refusal refused) {
                    boolean isWrong = refused.status() == 400 || refused.status() == 403;
                    Answer.Outcome outcome = isWrong ? Answer.Outcome.REFUSED : Answer.Outcome.GONE;
                    answers.put(conflict, Answer.not(conflict, outcome, String.valueOf(refused.getMessage())));
                }
            }
            return () -> {};
        });
        return answers;
    }

    /** An open conflict as it is stored. */
    private record Case(
            Entity entity, long goldenId, String field, String standing, String rivals, boolean isOfPersons) {}

    private static long resolve(Hearing hearing, long conflict, Choice choice) throws SQLException {
        Case open = open(hearing, conflict);
        hearing.living(open.entity(), open.goldenId(), null);
        if (open.isOfPersons() && choice instanceof Choice.KeepCurrent) {
            // The word that stands is somebody's already.
            hearing.touch(open.entity(), open.goldenId());
            long act = hearing.act(
                    open.goldenId(), "resolve_conflict", Map.of("choice", choice.id()), Set.of(open.field()));
            hearing.spoken().words.add(new Spoken.Word(open.goldenId(), open.field(), null, false, choice.id(), act));
            return act;
        }
        FieldOverride override = hearing.override(open.field(), chosen(hearing, open, choice));
        hearing.touch(open.entity(), open.goldenId());
        return say(hearing, open.entity(), open.goldenId(), override, "resolve_conflict", choice.id());
    }

    private static Case open(Hearing hearing, long conflict) throws SQLException {
        try (PreparedStatement select = hearing.connection().prepareStatement(CONFLICT)) {
            select.setLong(1, conflict);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new Refusal(FailureCode.NOT_FOUND, 404, "There is no conflict " + Ids.format(conflict));
                }
                String status = row.getString(5);
                if (!status.equals("open")) {
                    String how = status.equals("resolved")
                            ? row.getString(8) + " has resolved it: " + row.getString(9)
                            : "its sources agree now";
                    throw new Refusal(
                            FailureCode.CONFLICTING_STATE,
                            409,
                            "The conflict " + Ids.format(conflict) + " does not wait any more: " + how);
                }
                return new Case(
                        Entity.of(row.getString(2)).orElseThrow(),
                        row.getLong(3),
                        row.getString(4),
                        row.getString(6),
                        row.getString(7),
                        ConflictJson.isOfPersons(row.getString(6)));
            }
        }
    }

    private static Object chosen(Hearing hearing, Case open, Choice choice) {
        List<Object> standing = ConflictJson.values(open.standing());
        if (choice instanceof Choice.Own own) {
            Object value = canonical(open.field(), own.value());
            requireLikeness(open.field(), value, standing.get(0));
            return hearing.sealed(open.entity(), open.field(), value);
        }
        return choice instanceof Choice.AcceptIncoming incoming
                ? rival(hearing, open, incoming, ConflictJson.values(open.rivals()))
                : standing.get(0);
    }

    private static Object rival(Hearing hearing, Case open, Choice.AcceptIncoming incoming, List<Object> rivals) {
        Integer place = incoming.rival();
        if (place != null) {
            if (place < 0 || place >= rivals.size()) {
                throw bad("'" + open.field() + "' has " + rivals.size() + " rival values, and none at place " + place);
            }
            return rivals.get(place);
        }
        Object named = incoming.value();
        Set<Object> different = new LinkedHashSet<>(rivals);
        if (named != null) {
            Object kept = hearing.sealed(open.entity(), open.field(), named);
            if (!different.contains(kept)) {
                throw bad("No rival says that of '" + open.field() + "' now: look at the conflict again");
            }
            return kept;
        }
        if (different.size() > 1) {
            throw bad("The rivals of '" + open.field() + "' say " + different.size()
                    + " things: name one by its place or its value");
        }
        return different.iterator().next();
    }

    // --- values -------------------------------------------------------------------------------------------------

    private static void requireField(String field) {
        if (!FIELD.matcher(field).matches()) {
            throw bad("No canonical field is called '" + field.substring(0, Math.min(field.length(), 64))
                    + "': it is a word such as firstName");
        }
    }

    private static Object canonical(String field, Object value) {
        try {
            Object read = CanonicalFields.knows(field) ? CanonicalFields.read(field, value) : value;
            if (read == null) {
                throw bad("The value of '" + field
                        + "' is blank, and a blank never wins: give a value, or lift the override");
            }
            // It says whether the value is canonical at all.
            return new FieldOverride(field, read, "", Instant.EPOCH, "").value();
        } catch (InvalidValue invalid) {
            throw bad("The value of '" + field + "' is " + invalid.reason());
        } catch (IllegalArgumentException notCanonical) {
            throw bad("The value of '" + field
                    + "' has to be a text, a whole number, true or false, or a list of texts, and not blank");
        }
    }

    /** A field of which nothing else is known keeps the kind of value it has. */
    private static void requireLikeness(String field, Object value, @Nullable Object standing) {
        boolean isKnown = CanonicalFields.knows(field) || FieldSeal.isSealed(standing);
        if (standing != null && !isKnown && !kind(standing).equals(kind(value))) {
            throw bad("The value of '" + field + "' is " + kind(value) + " where " + kind(standing) + " is expected");
        }
    }

    private static String kind(Object value) {
        if (value instanceof Long) {
            return "a whole number";
        }
        if (value instanceof Boolean) {
            return "true or false";
        }
        return value instanceof List<?> ? "a list" : "text";
    }

    private static Refusal bad(String message) {
        return new Refusal(FailureCode.BAD_REQUEST, 400, message);
    }
}
