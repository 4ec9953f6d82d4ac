package dev.muster.pull;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.pull.CursorStore.Standing;
import dev.muster.pull.RunStore.State;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What people may ask of streams and do with them: how they stand, start, stop, read one record. Safe for many threads. */
public final class StreamControl {
    private final Database database;
    private final StreamDirectory directory;
    private final CursorStore cursors;
    private final RunStore runs;
    private final Pulls pulls;
    private final Ids ids;
    private final Clock clock;

    /** @param pulls what this hub reads: a single record is read by the hub that was asked */
    public StreamControl(
            Database database,
            PlatformCatalog catalog,
            Integrations integrations,
            CursorStore cursors,
            RunStore runs,
            Pulls pulls,
            Ids ids,
            Clock clock) {
        this.database = database;
        this.directory = new StreamDirectory(catalog, integrations);
        this.cursors = cursors;
        this.runs = runs;
        this.pulls = pulls;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * Which streams people speak of.
     *
     * @param organization null for all
     * @param integration null for all
     * @param stream null for all
     */
    public record Which(
            @Nullable String organization,
            String platform,
            @Nullable String integration,
            @Nullable String stream) {}

    /**
     * A stream as people see it.
     *
     * @param state idle, reading, waiting (a run that is put off, or for its turn), by-hand (no schedule), or which settings
     *     the integration needs before it is read at all
     * @param highWater null before the first run
     * @param nextRunAt null where only people start it
     * @param fullAt when the last full run began; null for never
     * @param runId of the run under way; null where none is
     */
    public record StreamStatus(
            String organization,
            String platform,
            String integration,
            String stream,
            String state,
            @Nullable String highWater,
            @Nullable Instant nextRunAt,
            @Nullable Instant fullAt,
            @Nullable Long runId) {
        private static StreamStatus needs(StreamKey key, Integration.Origin origin, List<String> missing) {
            StringJoiner needs = new StringJoiner(", ", "needs ", "");
            for (String name : missing) {
                needs.add(
                        origin == Integration.Origin.ENVIRONMENT
                                ? name + " (" + PageRequest.variable(key.platform(), name) + ")"
                                : name);
            }
            return new StreamStatus(
                    key.organization(),
                    key.platform(),
                    key.integration(),
                    key.stream(),
                    needs.toString(),
                    null,
                    null,
                    null,
                    null);
        }
    }

    /**
     * A run that was asked for.
     *
     * @param isNew false where one was under way, which goes on
     */
    public record Started(String organization, String integration, String stream, long runId, boolean isNew) {}

    /** Told of a run in the transaction that asks for it. */
    @FunctionalInterface
    public interface Told {
        void of(Connection connection, Started started) throws SQLException;
    }

    /** The streams, as they stand. */
    public List<StreamStatus> streams(Which which) {
        List<StreamStatus> streams = new ArrayList<>();
        for (Standing standing : standings(which)) {
            Long next = standing.nextRunAt();
            String state = standing.owner() != null
                    ? "reading"
                    : standing.runId() != null ? "waiting" : next == null ? "by-hand" : "idle";
            streams.add(new StreamStatus(
                    standing.key().organization(),
                    standing.key().platform(),
                    standing.key().integration(),
                    standing.key().stream(),
                    state,
                    standing.highWater(),
                    next == null || standing.owner() != null ? null : Instant.ofEpochMilli(next),
                    standing.fullAt(),
                    standing.runId()));
        }
        streams.addAll(needy(which));
        return streams;
    }

    /** The streams that are not read because their integrations lack settings. */
    private List<StreamStatus> needy(Which which) {
        List<StreamStatus> needy = new ArrayList<>();
        List<Stream> all = directory.of(which.platform()).map(Streams::all).orElse(List.of());
        each(which, integration -> {
            for (Stream stream : all) {
                if (which.stream() == null || which.stream().equals(stream.name())) {
                    List<String> missing = directory.missing(integration, stream);
                    if (!missing.isEmpty()) {
                        needy.add(StreamStatus.needs(
                                StreamKey.of(integration, stream.name()), integration.origin(), missing));
                    }
                }
            }
        });
        return needy;
    }

    private void each(Which which, Consumer<Integration> action) {
        Consumer<Integration> chosen = integration -> {
            String organization = which.organization();
            if (organization == null || organization.equals(integration.organization())) {
                action.accept(integration);
            }
        };
        if (which.integration() != null) {
            directory.account(which.platform(), which.integration()).ifPresent(chosen);
        } else {
            directory.eachAccount(which.platform(), chosen);
        }
    }

    private List<Standing> standings(Which which) {
        return cursors.of(which.organization(), which.platform(), which.integration(), which.stream()).stream()
                .filter(standing -> directory.gone(standing.key()) == null)
                .toList();
    }

    /**
     * Starts runs as soon as may be. One that is put off, for an account that had to be connected or a platform that was away,
     * goes on at once.
     *
     * @param from from when a backfill goes, ISO 8601; null for the other kinds
     * @param told of each in its transaction
     * @return one per stream; a backfill only of those whose platform can say what changed. Of the others an incremental run is a full
     *     one
     */
    public List<Started> start(Which which, RunKind kind, @Nullable Instant from, Told told) {
        pulls.sow();
        List<Started> started = new ArrayList<>();
        Instant now = clock.instant();
        for (Standing standing : standings(which)) {
            boolean isWhole = directory.stream(standing.key()).orElseThrow().incremental() == null;
            if (isWhole && kind == RunKind.BACKFILL) {
                continue;
            }
            RunKind own =
                    kind == RunKind.INCREMENTAL && (isWhole || standing.highWater() == null) ? RunKind.FULL : kind;
            long runId = ids.next();
            started.add(database.write(connection -> {
                boolean isNew = CursorStore.want(connection, standing.key(), runId, now);
                if (isNew) {
                    String since = from == null ? null : from.toString();
                    RunStore.insert(connection, runId, standing.key(), own, State.WAITING, since, now);
                }
                Long other = standing.runId();
                Started one = new Started(
                        standing.key().organization(),
                        standing.key().integration(),
                        standing.key().stream(),
                        isNew || other == null ? runId : other,
                        isNew);
                told.of(connection, one);
                return one;
            }));
        }
        return started;
    }

    /** The pages of a run that were read and will not be applied, unless somebody replays them. */
    public RunStore.Lost lost(long runId) {
        return runs.lost(runId);
    }

    /** Stops runs that are under way or wait; answers how many. What is stored stays. */
    public int stop(Which which) {
        int stopped = 0;
        for (Standing standing : standings(which)) {
            if (cursors.stop(standing.key(), clock.instant())) {
                stopped++;
            }
        }
        return stopped;
    }

    /**
     * Reads one record now, before all that waits.
     *
     * @return the run; empty where there is no such integration, or a stream that cannot read one record
     */
    public Optional<Long> readOne(
            @Nullable String organization, String platform, String integration, String stream, String record) {
        Integration account = directory
                .account(platform, integration)
                .filter(one -> organization == null || organization.equals(one.organization()))
                .orElse(null);
        Stream known = directory.stream(platform, stream).orElse(null);
        if (account == null || known == null || known.onePath() == null) {
            return Optional.empty();
        }
        long runId = ids.next();
        StreamKey key = StreamKey.of(account, stream);
        Instant now = clock.instant();
        runs.insert(runId, key, RunKind.ONE, now);
        pulls.readFirst(new PullTurn(
                key, runId, runId, RunKind.ONE, known, account, null, record, 0, Walk.first("", "", now), null, 0));
        return Optional.of(runId);
    }
}
