package dev.muster.golden;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Map;
import java.util.Optional;

/** Hears people: each act in one transaction, while nobody else decides for the organization. */
public final class Hearings {
    private final Heart heart;

    public Hearings(Heart heart) {
        this.heart = heart;
    }

    /** @return the golden records that it was about, as they are now, by id */
    Map<Long, GoldenRecord> hear(String organization, ByWhom who, Hearing.Plea plea) {
        return Decider.decide(heart.database(), new Hearing(heart, organization, who, plea));
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
        return heart.database().read(work);
    }

    Optional<String> find(String table, long id) {
        return heart.database().read(connection -> {
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
