package dev.muster.golden;

import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Hears people: each act in one transaction, while nobody else decides for the organization. */
public final class Hearings {
    private final Database database;
    private final Ids ids;
    private final Clock clock;
    private final AuditTrail trail;
    private final Supplier<Survivorship> survivorship;
    private final Supplier<PushPlan> pushes;

    /** @param survivorship the rules as they are now */
    public Hearings(
            Database database,
            Ids ids,
            Clock clock,
            AuditTrail trail,
            Supplier<Survivorship> survivorship,
            Supplier<PushPlan> pushes) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.trail = trail;
        this.survivorship = survivorship;
        this.pushes = pushes;
    }

    /** @return the golden records that it was about, as they are now, by id */
    Map<Long, GoldenRecord> hear(String organization, ByWhom who, Hearing.Plea plea) {
        return Decider.decide(
                database,
                new Hearing(
                        database,
                        ids,
                        trail,
                        Instant.ofEpochMilli(clock.millis()),
                        survivorship.get(),
                        pushes.get(),
                        organization,
                        who,
                        plea));
    }

    /**
     * Whose a row is.
     *
     * @param what for a person, such as {@code conflict}
     * @throws Refusal 404 where there is none, or none that they may see
     */
    String organization(String table, String what, long id, ByWhom who) {
        return find(table, id)
                .filter(who::sees)
                .orElseThrow(
                        () -> new Refusal(FailureCode.NOT_FOUND, 404, "There is no " + what + " " + Ids.format(id)));
    }

    <T> T read(Database.Work<T> work) {
        return database.read(work);
    }

    Optional<String> find(String table, long id) {
        return database.read(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT organization FROM " + table + " WHERE id = ?")) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
                }
            }
        });
    }
}
