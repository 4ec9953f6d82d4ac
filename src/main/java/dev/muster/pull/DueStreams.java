package dev.muster.pull;

import static java.util.Objects.requireNonNull;

import dev.muster.db.Ids;
import dev.muster.failure.Defect;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.OperationStore;
import dev.muster.platform.Integration;
import dev.muster.pull.CursorStore.Claim;
import dev.muster.pull.CursorStore.Standing;
import dev.muster.pull.RunStore.State;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** When a stream is read: which are known, which of them are due, which have to wait, and what a run reads. */
final class DueStreams {
    /** How long a stream waits that may not go on: for the queue, or for the streams before it. */
    static final Duration ROOM_PAUSE = Duration.ofMillis(500);

    private static final Duration BEFORE_PAUSE = Duration.ofSeconds(2);

    private final StreamDirectory directory;
    private final CursorStore cursors;
    private final OperationStore operations;
    private final Checkpoints checkpoints;
    private final Ids ids;
    private final Clock clock;
    private final int waitingMax;

    private final Set<StreamKey> known = ConcurrentHashMap.newKeySet();

    /** @param waitingMax pulled pages of one organization and platform that may wait in the queue */
    DueStreams(
            StreamDirectory directory,
            CursorStore cursors,
            OperationStore operations,
            Checkpoints checkpoints,
            Ids ids,
            Clock clock,
            int waitingMax) {
        this.directory = directory;
        this.cursors = cursors;
        this.operations = operations;
        this.checkpoints = checkpoints;
        this.ids = ids;
        this.clock = clock;
        this.waitingMax = waitingMax;
    }

    // --- which are known ----------------------------------------------------------------------------------------

    /** Makes the streams of all integrations known, those that were added since the last time. */
    void sow() {
        Map<StreamKey, Stream> added = new LinkedHashMap<>();
        directory.eachAccount(integration -> added.putAll(unsown(integration)));
        sow(added);
    }

    private Map<StreamKey, Stream> unsown(Integration integration) {
        Map<StreamKey, Stream> added = new LinkedHashMap<>();
        for (Stream stream : directory.readable(integration)) {
            StreamKey key = StreamKey.of(integration, stream.name());
            if (known.add(key)) {
                added.put(key, stream);
            }
        }
        return added;
    }

    private void sow(Map<StreamKey, Stream> added) {
        if (!added.isEmpty()) {
            long now = clock.millis();
            cursors.sow(
                    added.keySet(),
                    key -> requireNonNull(added.get(key)).schedule() == null ? null : Long.valueOf(now));
        }
    }

    /** The streams of an account are known, and what waited for it goes on now. */
    void wake(Integration integration) {
        sow(unsown(integration));
        cursors.wake(integration.organization(), integration.platform(), integration.id(), clock.instant());
    }

    // --- which are due ------------------------------------------------------------------------------------------

    /** Claims streams that are due, at most as many as there is room for. */
    List<PullTurn> claim(int room) {
        List<PullTurn> turns = new ArrayList<>();
        Instant now = clock.instant();
        List<Standing> due = cursors.due(now, room);
        if (due.isEmpty()) {
            return turns;
        }
        List<Claim> wanted = new ArrayList<>(due.size());
        List<Standing> full = new ArrayList<>();
        Map<Instant, List<Standing>> early = new HashMap<>();
        Map<Place, Boolean> crowded = new HashMap<>();
        // asked once: an account that is removed meanwhile must not cost the others their claims
        Map<StreamKey, Stream> streams = new HashMap<>();
        Map<StreamKey, Integration> accounts = new HashMap<>();
        for (Standing standing : due) {
            Optional<Stream> stream = directory.stream(standing.key());
            Optional<Integration> account = directory.account(standing.key());
            stream.ifPresent(one -> streams.put(standing.key(), one));
            account.ifPresent(one -> accounts.put(standing.key(), one));
            String gone = directory.gone(standing.key(), stream.orElse(null), account.orElse(null));
            if (gone != null) {
                cursors.abandon(standing, gone, now);
                known.remove(standing.key());
            } else if (crowded.computeIfAbsent(Place.of(standing.key()), this::isCrowded)) {
                full.add(standing);
            } else {
                Instant until = standing.checkpoint() == null
                        ? waitsForOthers(standing.key(), stream.orElseThrow(), now)
                        : null;
                if (until != null) {
                    early.computeIfAbsent(until, any -> new ArrayList<>()).add(standing);
                    continue;
                }
                Long runId = standing.runId();
                RunKind kind = standing.kind();
                boolean isNew = runId == null || kind == null;
                wanted.add(new Claim(
                        standing,
                        ids.next(),
                        isNew ? ids.next() : requireNonNull(runId),
                        isNew ? kind(standing, stream.orElseThrow(), now) : requireNonNull(kind),
                        isNew));
            }
        }
        cursors.putOff(full, now.plus(ROOM_PAUSE));
        early.forEach((until, standings) -> cursors.putOff(standings, until));
        if (!wanted.isEmpty()) {
            for (Claim claim : cursors.claim(wanted, checkpoints.leaseUntil(), now)) {
                StreamKey key = claim.standing().key();
                PullTurn turn = begin(claim, requireNonNull(streams.get(key)), requireNonNull(accounts.get(key)), now);
                if (turn != null) {
                    turns.add(turn);
                }
            }
        }
        return turns;
    }

    /** Where pages wait: one organization's do not hold up another's. */
    private record Place(String organization, String platform) {
        static Place of(StreamKey key) {
            return new Place(key.organization(), key.platform());
        }
    }

    /** Whether so many pages wait where those of a stream do that it has to wait itself. */
    boolean isCrowded(StreamKey key) {
        return isCrowded(Place.of(key));
    }

    private boolean isCrowded(Place place) {
        return operations.bulkWaiting(place.organization(), place.platform(), waitingMax) >= waitingMax;
    }

    /** Until when a stream waits because one that comes before is due or under way, or pages of it are not applied yet. */
    private @Nullable Instant waitsForOthers(StreamKey key, Stream stream, Instant now) {
        Instant soon = now.plus(BEFORE_PAUSE);
        Instant until = null;
        for (String name : stream.after()) {
            StreamKey before = new StreamKey(key.organization(), key.platform(), key.integration(), name);
            Standing standing = cursors.find(before).orElse(null);
            Long nextRunAt = standing == null ? null : standing.nextRunAt();
            if (standing != null && standing.runId() != null && nextRunAt != null) {
                // one that is put off holds up this one as long
                Instant next = Instant.ofEpochMilli(nextRunAt);
                until = standing.owner() == null && next.isAfter(soon) ? next : soon;
            } else if (standing != null
                            && standing.fullAt() == null
                            && nextRunAt != null
                            && nextRunAt <= now.toEpochMilli()
                    || operations.isUnderWay(key.platform(), key.integration(), Normalizer.PULLED + name)) {
                until = soon;
            }
        }
        return until;
    }

    private static RunKind kind(Standing standing, Stream stream, Instant now) {
        Instant fullAt = standing.fullAt();
        boolean fullDue = fullAt == null
                || stream.fullEvery() != null
                        && !fullAt.plus(stream.fullEvery()).isAfter(now);
        return stream.incremental() == null || standing.highWater() == null || fullDue
                ? RunKind.FULL
                : RunKind.INCREMENTAL;
    }

    private @Nullable PullTurn begin(Claim claim, Stream stream, Integration account, Instant now) {
        Standing standing = claim.standing();
        StreamKey key = standing.key();
        Walk walk = standing.checkpoint();
        if (walk == null) {
            walk = Walk.first(stream.paging().firstPlace(), "", now);
        }
        PullTurn turn = new PullTurn(
                key,
                claim.turn(),
                claim.runId(),
                claim.kind(),
                stream,
                account,
                standing.since(),
                null,
                standing.failures(),
                walk,
                standing.highWater(),
                standing.walkedMillis());
        if (standing.stopping()) {
            checkpoints.end(turn, State.STOPPED, null);
            return null;
        }
        if (standing.checkpoint() == null) {
            try {
                if (stream.each() == null) {
                    walk = Walk.first(stream.paging().firstPlace(), turn.since(), now);
                } else {
                    Optional<CursorStore.Next> first = cursors.nextId(key, null);
                    if (first.isEmpty()) {
                        checkpoints.end(turn, State.DONE, null);
                        return null;
                    }
                    walk = turn.traversal().ofRecord(walk, first.get(), turn.since());
                }
            } catch (Defect wrong) {
                checkpoints.fail(turn, wrong);
                return null;
            }
            turn.begun(walk);
        }
        return turn;
    }
}
