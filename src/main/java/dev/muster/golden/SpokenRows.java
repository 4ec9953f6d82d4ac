package dev.muster.golden;

import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.RowStatement;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.IdentityRuling;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows of people's words, gathered while deciding: what is said now, and where what was said before goes. */
final class SpokenRows {
    private static final RowStatement OVERRIDE = RowStatement.of("""
            INSERT INTO field_overrides (home, field, golden_id, organization, value, decided_by, reason, decided_at)
            SELECT r.home, r.field, r.home, r.organization, r.value, r.decided_by, r.reason, r.decided_at
            FROM {home bigint, field text, organization text, value text, decided_by text, reason text,
                  decided_at bigint} r WHERE true
            ON CONFLICT (home, field) DO UPDATE SET golden_id = excluded.golden_id, value = excluded.value,
                decided_by = excluded.decided_by, reason = excluded.reason, decided_at = excluded.decided_at""");

    private static final RowStatement OVERRIDE_LIFTED = RowStatement.of("""
            DELETE FROM field_overrides WHERE (home, field) IN (SELECT r.home, r.field FROM {home bigint, field text} r)""");

    private static final RowStatement OVERRIDE_MOVED = RowStatement.of("""
            UPDATE field_overrides SET golden_id = r.destination FROM {home bigint, field text, destination bigint} r
            WHERE field_overrides.home = r.home AND field_overrides.field = r.field""");

    private static final RowStatement CONFLICT_RESOLVED = RowStatement.of("""
            UPDATE sync_conflicts SET status = 'resolved', resolved_by = r.resolved_by, resolved_at = r.resolved_at,
                   choice = r.choice, reason = r.reason, act = r.act, updated_at = r.resolved_at
            FROM {id bigint, resolved_by text, resolved_at bigint, choice text, reason text, act bigint} r
            WHERE sync_conflicts.id = r.id""");

    private static final RowStatement RULING = RowStatement.of("""
            INSERT INTO identity_rulings (id, organization, kind, made_by, made_at, reason)
            SELECT r.id, r.organization, r.kind, r.made_by, r.made_at, r.reason
            FROM {id bigint, organization text, kind text, made_by text, made_at bigint, reason text} r""");

    private static final RowStatement RULING_SOURCE = RowStatement.of("""
            INSERT INTO identity_ruling_sources (organization, platform, external_id, ruling_id, side)
            SELECT r.organization, r.platform, r.external_id, r.ruling_id, r.side
            FROM {organization text, platform text, external_id text, ruling_id bigint, side bigint} r""");

    private static final RowStatement RULED = RowStatement.of("""
            UPDATE external_integrations SET ruled = 1 FROM {organization text, platform text, external_id text} r
            WHERE external_integrations.organization = r.organization AND external_integrations.platform = r.platform
                AND external_integrations.entity = 'member' AND external_integrations.external_id = r.external_id""");

    private static final RowStatement RULING_LIFTED = RowStatement.of("""
            UPDATE identity_rulings SET lifted_by = r.lifted_by, lifted_at = r.lifted_at, lifted_reason = r.lifted_reason
            FROM {id bigint, lifted_by text, lifted_at bigint, lifted_reason text} r
            WHERE identity_rulings.id = r.id AND identity_rulings.lifted_at IS NULL""");

    /** Nobody's word any more: it is open again where it is reported again. */
    static final RowStatement CANDIDATE_FREED = RowStatement.of("""
            UPDATE duplicate_candidates SET status = 'settled', decided_by = NULL, decided_at = NULL, decided_why = NULL,
                   ruling = NULL
            FROM {ruling bigint} r WHERE duplicate_candidates.ruling = r.ruling""");

    private static final RowStatement CANDIDATE_DECIDED = RowStatement.of("""
            UPDATE duplicate_candidates SET status = r.status, decided_by = r.decided_by, decided_at = r.decided_at,
                   decided_why = r.decided_why, ruling = r.ruling
            FROM {golden_a bigint, golden_b bigint, status text, decided_by text, decided_at bigint, decided_why text,
                  ruling bigint} r
            WHERE duplicate_candidates.golden_a = r.golden_a AND duplicate_candidates.golden_b = r.golden_b""");

    private static final RowStatement FORMER = RowStatement.of("""
            INSERT INTO former_golden_ids (organization, platform, external_id, golden_id, place)
            SELECT r.organization, r.platform, r.external_id, r.golden_id, r.place
            FROM {organization text, platform text, external_id text, golden_id bigint, place bigint} r WHERE true
            ON CONFLICT (organization, platform, external_id, golden_id) DO UPDATE SET place = excluded.place""");

    private final Database database;
    private final Instant now;

    /** Written before anything else, and after. */
    private final Map<RowStatement, List<@Nullable Object[]>> first = new LinkedHashMap<>();

    private final Map<RowStatement, List<@Nullable Object[]>> last = new LinkedHashMap<>();

    SpokenRows(Database database, Instant now) {
        this.database = database;
        this.now = now;
    }

    private void first(RowStatement statement, @Nullable Object... row) {
        first.computeIfAbsent(statement, unused -> new ArrayList<>()).add(row);
    }

    void override(long home, String organization, FieldOverride override) {
        first(
                OVERRIDE,
                home,
                override.field(),
                organization,
                ValuesJson.write(Map.of("value", override.value())),
                override.by(),
                override.reason(),
                override.at().toEpochMilli());
    }

    void lift(long home, String field) {
        first(OVERRIDE_LIFTED, home, field);
    }

    void move(long home, String field, long destination) {
        first(OVERRIDE_MOVED, home, field, destination);
    }

    void resolve(long conflictId, String choice, Cause cause, long act) {
        first(CONFLICT_RESOLVED, conflictId, cause.actor(), now.toEpochMilli(), choice, cause.reason(), act);
    }

    /**
     * A source that leaves a golden record which nobody keeps may come back to it.
     *
     * @param place later leavings have a greater one
     */
    void former(RecordKey key, long goldenId, long place) {
        first(FORMER, key.organization(), key.platform(), key.externalId(), goldenId, place);
    }

    void rule(IdentityRuling ruling) {
        String organization = ruling.one().first().organization();
        first(
                RULING,
                ruling.id(),
                organization,
                ruling.kind().id(),
                ruling.settlement().by(),
                ruling.settlement().at().toEpochMilli(),
                ruling.settlement().reason());
        ruling.one().forEach(key -> source(ruling, key, 0));
        ruling.other().forEach(key -> source(ruling, key, 1));
    }

    private void source(IdentityRuling ruling, RecordKey key, long side) {
        first(RULING_SOURCE, key.organization(), key.platform(), key.externalId(), ruling.id(), side);
        first(RULED, key.organization(), key.platform(), key.externalId());
    }

    void lift(IdentityRuling ruling, Cause cause) {
        first(RULING_LIFTED, ruling.id(), cause.actor(), now.toEpochMilli(), cause.reason());
        first(CANDIDATE_FREED, ruling.id());
    }

    void decide(GoldenPair pair, String status, IdentityRuling ruling) {
        last.computeIfAbsent(CANDIDATE_DECIDED, unused -> new ArrayList<>()).add(new @Nullable Object[] {
            pair.lower(),
            pair.higher(),
            status,
            ruling.settlement().by(),
            now.toEpochMilli(),
            ruling.settlement().reason(),
            ruling.id()
        });
    }

    /** Writes what the other rows rely on. */
    void writeFirst(Connection connection) throws SQLException {
        write(connection, first);
    }

    /** Writes what has the last word over them. */
    void writeLast(Connection connection) throws SQLException {
        write(connection, last);
    }

    private void write(Connection connection, Map<RowStatement, List<@Nullable Object[]>> all) throws SQLException {
        for (Map.Entry<RowStatement, List<@Nullable Object[]>> entry : all.entrySet()) {
            try (RowStatement.Rows rows = entry.getKey().open(connection, database.dialect())) {
                for (@Nullable Object[] row : entry.getValue()) {
                    rows.add(row);
                }
                rows.write();
            }
        }
    }
}
