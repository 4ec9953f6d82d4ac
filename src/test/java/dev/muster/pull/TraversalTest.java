package dev.muster.pull;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.failure.Defect;
import dev.muster.pull.CursorFormat.Mark;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TraversalTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String EARLY = "2026-03-01T10:00:00Z";
    private static final String LATE = "2026-03-01T11:00:00Z";
    private static final String NUMBERED =
            "paging: { kind: page, parameter: page, size: { parameter: per, value: 4 }, last: last }";
    private static final String TOKENS = "paging: { kind: cursor, parameter: cursor, next: next }";

    private static Traversal traversal(String paging, boolean ordered, RunKind kind, @Nullable String from) {
        Stream stream = StreamFile.compiled("streams: { all: { path: /all, items: data, record: any, " + paging
                        + ", incremental: { cursor: updated, parameter: since, overlap: PT5M, ordered: " + ordered
                        + " } } }")
                .find("all")
                .orElseThrow();
        return new Traversal("club", stream, kind, from);
    }

    private static Traversal incremental(String paging, boolean ordered) {
        return traversal(paging, ordered, RunKind.INCREMENTAL, null);
    }

    private static Mark mark(String time) {
        return requireNonNull(CursorFormat.of("iso").mark(time));
    }

    @Test
    void anIncrementalRunAsksFromBeforeTheMarkOn() {
        Traversal traversal = incremental(TOKENS, true);

        assertThat(traversal.since(LATE, 0)).isEqualTo("2026-03-01T10:55:00Z");
        assertThat(traversal.since(LATE, 60_000)).isEqualTo("2026-03-01T10:54:00Z");
        assertThat(traversal.since(null, 0)).isEmpty();
    }

    @Test
    void aFullRunAsksForAllAndABackfillFromItsDate() {
        assertThat(traversal(TOKENS, true, RunKind.FULL, null).since(LATE, 0)).isEmpty();
        assertThat(traversal(TOKENS, true, RunKind.BACKFILL, EARLY).since(LATE, 0))
                .isEqualTo(EARLY);
        assertThatThrownBy(() ->
                        traversal(TOKENS, true, RunKind.BACKFILL, "yesterday").since(LATE, 0))
                .isInstanceOf(Defect.class);
    }

    @Test
    void ofARecordThatWasNotReadBeforeAllIsAsked() {
        Traversal traversal = incremental(TOKENS, true);
        Walk walk = Walk.first("", "", NOW);

        assertThat(traversal.ofRecord(walk, new CursorStore.Next("7", false), LATE))
                .extracting(Walk::id, Walk::since)
                .containsExactly("7", "");
        assertThat(traversal
                        .ofRecord(walk, new CursorStore.Next("7", true), LATE)
                        .since())
                .isEqualTo(LATE);
        assertThat(traversal(TOKENS, true, RunKind.BACKFILL, EARLY)
                        .ofRecord(walk, new CursorStore.Next("7", false), EARLY)
                        .since())
                .isEqualTo(EARLY);
    }

    @Test
    void theGreatestCursorIsNeverOneOfTheFuture() {
        Traversal traversal = incremental(TOKENS, true);

        assertThat(traversal.greatest(
                        EARLY,
                        StreamFile.tree("[{updated: '" + LATE + "'}, {updated: '2027-03-01T00:00:00Z'}, {}]"),
                        NOW))
                .isEqualTo(mark(LATE));
        assertThat(traversal.greatest(LATE, StreamFile.tree("[{updated: '" + EARLY + "'}]"), NOW))
                .isEqualTo(mark(LATE));
    }

    @Test
    void itemsOfWhichNoneHasACursorAreRefusedAndAnEmptyPageIsNot() {
        Traversal traversal = incremental(TOKENS, true);

        assertThatThrownBy(() -> traversal.greatest(null, StreamFile.tree("[{id: 1}, {updated: soon}]"), NOW))
                .isInstanceOf(Defect.class)
                .hasMessageContaining("incremental.cursor")
                .hasMessageContaining("club.yaml");
        assertThat(traversal.greatest(null, StreamFile.tree("[]"), NOW)).isNull();
    }

    @Test
    void aNumberedListInOrderIsTakenUpAgainBehindWhatWasRead() {
        Traversal traversal = incremental(NUMBERED, true);

        Walk next = traversal.next(Walk.first("1", EARLY, NOW), new Paging.Step("2", 12), 4, mark(LATE));

        assertThat(next).extracting(Walk::place, Walk::since).containsExactly("1", "2026-03-01T10:59:59Z");
    }

    @Test
    void pagesOfOneMomentAreCountedAndReadBack() {
        Traversal traversal = incremental(NUMBERED, true);
        Mark same = mark(LATE);
        Walk first = Walk.first("1", "2026-03-01T10:59:59Z", NOW);

        Walk second = requireNonNull(traversal.next(first, new Paging.Step("2", 8), 4, same));
        Walk back = requireNonNull(traversal.next(second, new Paging.Step(null, 8), 4, same));

        assertThat(second).extracting(Walk::place, Walk::back).containsExactly("2", false);
        assertThat(back).extracting(Walk::place, Walk::back).containsExactly("1", true);
        assertThat(traversal.markAfterPage(EARLY, second, LATE))
                .as("stays before what has to be read back")
                .isEqualTo(EARLY);
        assertThat(traversal.markAfterPage(EARLY, back, LATE)).isEqualTo(EARLY);
        assertThat(traversal.next(back, new Paging.Step("2", 8), 4, same)).isNull();
        assertThat(traversal.markAfterPage(EARLY, null, LATE)).isEqualTo(LATE);
    }

    @Test
    void aListInNoOrderIsReadBackOnlyWhereItsLengthHasChanged() {
        Traversal traversal = incremental(NUMBERED, false);
        Walk second = requireNonNull(traversal.next(Walk.first("1", "", NOW), new Paging.Step("2", 8), 4, mark(LATE)));

        assertThat(traversal.next(second, new Paging.Step(null, 8), 4, mark(LATE)))
                .isNull();
        assertThat(traversal.next(second, new Paging.Step(null, 4), 0, mark(LATE)))
                .extracting(Walk::place, Walk::back)
                .containsExactly("1", true);
    }

    @Test
    void theMarkMovesByPageInOrderAndElseAtTheEnd() {
        Walk next = Walk.first("abc", "", NOW);
        Traversal ordered = incremental(TOKENS, true);
        Traversal unordered = incremental(TOKENS, false);

        assertThat(ordered.markAfterPage(EARLY, next, LATE)).isEqualTo(LATE);
        assertThat(ordered.markAfterPage(LATE, next, EARLY)).as("never back").isEqualTo(LATE);
        assertThat(unordered.markAfterPage(EARLY, next, LATE)).isEqualTo(EARLY);
        assertThat(unordered.markAfterPage(EARLY, null, LATE)).isEqualTo(EARLY);
        assertThat(unordered.markAtEnd(EARLY, LATE)).isEqualTo(LATE);
        assertThat(unordered.markAtEnd(LATE, EARLY)).as("never back").isEqualTo(LATE);
    }

    @Test
    void aBackfillThatBeginsBehindTheMarkDoesNotMoveIt() {
        Traversal late = traversal(TOKENS, true, RunKind.BACKFILL, LATE);
        Traversal early = traversal(TOKENS, true, RunKind.BACKFILL, EARLY);

        assertThat(late.markAtEnd(EARLY, "2026-03-01T11:30:00Z")).isEqualTo(EARLY);
        assertThat(late.markAtEnd(null, LATE)).isNull();
        assertThat(early.markAtEnd(EARLY, LATE)).isEqualTo(LATE);
        assertThat(early.markAfterPage(EARLY, null, LATE))
                .as("a backfill is over before its mark moves")
                .isEqualTo(EARLY);
    }
}
