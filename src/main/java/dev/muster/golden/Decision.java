package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One decision of the heart, by the rules and at the time of its beginning: it is opened, its {@link Matter} is filled, who is
 * who is asked, what is stored is read, and then it is decided and written. A {@link Decider.Work} takes it through that.
 */
final class Decision {
    private final Database database;
    private final Ids ids;
    private final Instant now;
    private final Survivorship survivorship;
    private final PushPlan pushPlan;
    private final Matter matter;
    private final GoldenRows rows;
    private final SpokenRows words;
    private @Nullable Open open;

    Decision(Heart heart, Matter matter) {
        this.database = heart.database();
        this.ids = heart.ids();
        // as exact as it is stored
        this.now = Instant.ofEpochMilli(heart.clock().millis());
        this.survivorship = heart.survivorship().get();
        this.pushPlan = heart.pushes().get();
        this.matter = matter;
        this.rows = new GoldenRows(database, ids, heart.trail(), now);
        this.words = new SpokenRows(database, now);
    }

    /** What there is while it is open: all of one transaction. */
    private record Open(
            Connection connection,
            GoldenReads reads,
            SourceAccounts accounts,
            SourceStore sources,
            RulingStore rulings,
            Identification identification,
            Resolution resolution) {}

    /** Locks the organizations: nobody else decides for them until this is written. */
    void open(Connection connection, Set<String> organizations) throws SQLException {
        GoldenReads reads = new GoldenReads(connection, database);
        reads.lock(organizations);
        SourceAccounts accounts = SourceAccounts.read(connection, database, organizations);
        SourceStore sources = new SourceStore(connection, database);
        RulingStore rulings = new RulingStore(connection, database);
        Identification identification = new Identification(matter, sources, rulings, ids::next, words);
        Resolution resolution =
                new Resolution(matter, identification, survivorship, pushPlan, accounts, rows, words, ids::next, now);
        open = new Open(connection, reads, accounts, sources, rulings, identification, resolution);
    }

    /** Asks who is who, when the matter is filled. */
    void identify() throws SQLException {
        open().identification().identify();
    }

    /** Reads what is stored of what is touched, when it is known who is who. */
    void read() throws SQLException {
        open().resolution().read(open().sources(), open().reads());
    }

    /** Without a store. */
    void decide() {
        open().resolution().decide();
    }

    /** @param connection not of necessity the one it was read with */
    void write(Connection connection) throws SQLException {
        open().resolution().write(connection, new SourceStore(connection, database));
    }

    Instant now() {
        return now;
    }

    Survivorship survivorship() {
        return survivorship;
    }

    PushPlan pushPlan() {
        return pushPlan;
    }

    Matter matter() {
        return matter;
    }

    GoldenRows rows() {
        return rows;
    }

    // --- while it is open ---------------------------------------------------------------------------------------

    private Open open() {
        return requireNonNull(open);
    }

    Connection connection() {
        return open().connection();
    }

    GoldenReads reads() {
        return open().reads();
    }

    SourceAccounts accounts() {
        return open().accounts();
    }

    SourceStore sources() {
        return open().sources();
    }

    RulingStore rulings() {
        return open().rulings();
    }

    Resolution resolution() {
        return open().resolution();
    }
}
