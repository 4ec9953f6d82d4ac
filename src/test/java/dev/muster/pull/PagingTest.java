package dev.muster.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.call.PlatformAnswer;
import dev.muster.failure.Defect;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PagingTest {
    private static Paging.Step step(
            Paging paging, String place, String page, int items, long inAll, Map<String, String> headers) {
        return paging.after(
                place,
                StreamFile.tree(page),
                new PlatformAnswer(200, headers, new byte[0], Instant.EPOCH, "https://api.example.org"),
                items,
                inAll);
    }

    private static Paging.Step step(Paging paging, String place, String page, int items, long inAll) {
        return step(paging, place, page, items, inAll, Map.of());
    }

    @Test
    void aNumberedListEndsAtItsLastPage() {
        Paging paging = StreamFile.paging("kind: page, parameter: page, last: last_page");

        assertThat(paging.firstPlace()).isEqualTo("1");
        assertThat(step(paging, "1", "{last_page: 2}", 3, 3).next()).isEqualTo("2");
        assertThat(step(paging, "2", "{last_page: 2}", 3, 6).next()).isNull();
        assertThat(step(paging, "1", "{last_page: 0}", 0, 0).next()).isNull();
    }

    @Test
    void aNumberedListThatDoesNotSayItsEndIsRefused() {
        Paging paging = StreamFile.paging("kind: page, parameter: page, last: last_page");

        for (String hostile : new String[] {"{}", "{last_page: many}", "{last_page: -1}", "{last_page: [2]}"}) {
            assertThatThrownBy(() -> step(paging, "1", hostile, 3, 3))
                    .isInstanceOf(Defect.class)
                    .hasMessageContaining("paging.last");
        }
    }

    @Test
    void anOffsetGoesOnByWhatWasReallyRead() {
        Paging paging = StreamFile.paging(
                "kind: offset, parameter: offset, size: { parameter: limit, value: 100 }, total: total");

        assertThat(paging.firstPlace()).isEqualTo("0");
        // the platform gives fewer than asked for: none may be skipped
        assertThat(step(paging, "0", "{total: 75}", 50, 50).next()).isEqualTo("50");
        assertThat(step(paging, "50", "{total: 75}", 25, 75).next()).isNull();
        assertThat(step(paging, "50", "{total: 75}", 0, 50).next()).isNull();
    }

    @Test
    void aCursorEndsWhereNoneIsNamed() {
        Paging paging = StreamFile.paging("kind: cursor, parameter: cursor, next: meta.next");

        assertThat(step(paging, "", "{meta: {next: abc}}", 1, 1).next()).isEqualTo("abc");
        assertThat(step(paging, "", "{meta: {next: 12}}", 1, 1).next()).isEqualTo("12");
        assertThat(step(paging, "abc", "{meta: {next: null}}", 1, 1).next()).isNull();
        assertThat(step(paging, "abc", "{meta: {next: ''}}", 1, 1).next()).isNull();
        assertThatThrownBy(() -> step(paging, "abc", "{meta: {next: {a: 1}}}", 1, 1))
                .isInstanceOf(Defect.class);
        assertThatThrownBy(() -> step(paging, "abc", "{meta: {next: " + "x".repeat(9_000) + "}}", 1, 1))
                .isInstanceOf(Defect.class);
    }

    @Test
    void aContinuationThatPromisesMoreHasToSayWhere() {
        Paging paging = StreamFile.paging(
                "kind: continuation, parameter: continuation, next: p.continuation, more: p.has_more");

        assertThat(step(paging, "", "{p: {has_more: true, continuation: abc}}", 1, 1)
                        .next())
                .isEqualTo("abc");
        assertThat(step(paging, "", "{p: {has_more: false, continuation: abc}}", 1, 1)
                        .next())
                .isNull();
        assertThatThrownBy(() -> step(paging, "", "{p: {has_more: true}}", 1, 1))
                .isInstanceOf(Defect.class)
                .hasMessageContaining("there is more");
    }

    @Test
    void theLinkThatIsCalledNextIsFollowed() {
        Paging paging = StreamFile.paging("kind: link");
        String header =
                "<https://a.example/x?b=1,2>; rel=\"first\", <https://a.example/y>; title=\"a, b\"; rel=\"last next\"";

        assertThat(step(paging, "", "{}", 1, 1, Map.of("Link", header)).next()).isEqualTo("https://a.example/y");
        assertThat(step(paging, "", "{}", 1, 1, Map.of("Link", "<https://a.example/x>; rel=prev"))
                        .next())
                .isNull();
        assertThat(step(paging, "", "{}", 1, 1, Map.of("Link", "<<<;;rel=next")).next())
                .isNull();
    }

    @Test
    void aHeaderSaysHowManyThereAre() {
        Paging paging = StreamFile.paging("kind: header, parameter: page, totalHeader: X-Total");

        assertThat(step(paging, "1", "{}", 10, 10, Map.of("X-Total", "15")).next())
                .isEqualTo("2");
        assertThat(step(paging, "2", "{}", 5, 15, Map.of("X-Total", "15")).next())
                .isNull();
        assertThat(step(paging, "1", "{}", 10, 10, Map.of("X-Total", "15")).total())
                .isEqualTo(15);
        assertThatThrownBy(() -> step(paging, "1", "{}", 10, 10)).isInstanceOf(Defect.class);
    }

    @Test
    void whereNothingIsSaidAnEmptyPageIsTheEnd() {
        Paging paging = StreamFile.paging("kind: untilEmpty, parameter: page, first: 0");

        assertThat(paging.firstPlace()).isEqualTo("0");
        assertThat(step(paging, "0", "{}", 1, 1).next()).isEqualTo("1");
        assertThat(step(paging, "1", "{}", 0, 1).next()).isNull();
    }

    @Test
    void theNextPageIsOnTheAccountsOwnHost() {
        String base = "https://api.example.org";

        assertThat(PageRequest.below(base, "https://api.example.org/a?b=1")).isEqualTo("/a?b=1");
        assertThat(PageRequest.below(base, "https://API.example.org:443/a")).isEqualTo("/a");
        assertThat(PageRequest.below(base, "/a?page[cursor]=x")).isEqualTo("/a?page%5Bcursor%5D=x");
        for (String hostile : new String[] {
            "https://evil.example/a",
            "http://api.example.org/a",
            "https://api.example.org:8443/a",
            "https://api.example.org@evil.example/a",
            "https://me@api.example.org/a",
            "//evil.example/a",
            "file:///etc/passwd",
            "a",
            "https://api.example.org\\@evil.example",
            "javascript:1"
        }) {
            assertThatThrownBy(() -> PageRequest.below(base, hostile))
                    .as(hostile)
                    .isInstanceOf(Defect.class);
        }
    }

    @Test
    void aListThatGoesRoundInCirclesIsFound() {
        for (int length = 1; length < 20; length++) {
            int circle = length;
            assertThatThrownBy(() -> {
                        Walk walk = Walk.first("start", "", Instant.EPOCH);
                        for (int i = 0; i < 200; i++) {
                            walk = walk.on(new Paging.Step("p" + (i < 7 ? i : 7 + (i - 7) % circle), -1), 1, null);
                        }
                    })
                    .as("a circle of %s", length)
                    .isInstanceOf(Defect.class)
                    .hasMessageContaining("circles");
        }
    }
}
