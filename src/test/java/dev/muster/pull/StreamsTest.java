package dev.muster.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamsTest {
    private static List<String> problems(String stream) {
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> StreamFile.compiled("streams: { all: { " + stream + " } }"));
        return refused == null
                ? List.of()
                : refused.problems().stream().map(ConfigProblem::message).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pth: /a, items: data, record: any                                             | knows no key pth
            path: a, items: data, record: any                                             | begin with one slash
            path: //evil/a, items: data, record: any                                      | begin with one slash
            path: /a, record: any                                                         | needs items
            path: '/a/{id}', items: data, record: any                                     | needs each
            path: /a, items: data, record: any, paging: { kind: pages }                   | there are page, offset
            path: /a, items: data, record: any, paging: { kind: page, parameter: p }      | needs last or total
            path: /a, items: data, record: any, paging: { kind: cursor, parameter: p }    | needs next
            path: /a, items: data, record: any, paging: { kind: offset }                  | needs parameter
            path: /a, items: data, record: any, method: PUT                               | there are GET, POST
            path: /a, items: data, record: any, method: POST                              | method: POST and body together
            path: /a, items: data, record: any, body: '{}'                                | method: POST and body together
            path: /a, items: data, record: any, method: POST, body: '{a'                  | is not jq
            path: /a, items: data, record: any, method: POST, body: '{}', paging: { kind: link } | which says the place
            path: /a, items: data, record: any, method: POST, body: '{}', incremental: { cursor: u, parameter: s } | leave parameter
            path: /a, items: data, record: any, schedule: { every: 5m }                   | write a duration
            path: /a, items: data, record: any, schedule: { cron: '* * *' }               | write seconds, minutes
            path: /a, items: data, record: any, after: [others]                           | there are all
            path: /a, items: data, record: any, after: [all]                              | leads back to all
            path: /a, items: data, record: any, one: { path: /a }                         | has to hold {id}
            path: /a, items: data, record: any, incremental: { cursor: u, parameter: s, value: x } | has to hold {since}
            path: /a, items: data, record: any, incremental: { cursor: u, parameter: s, format: 'qqqqqqq' } | or a pattern
            """)
    void whatWouldNotWorkIsToldWithItsPlace(String stream, String said) {
        assertThat(problems(stream))
                .anySatisfy(
                        problem -> assertThat(problem).contains("streams.all").contains(said));
    }

    @Test
    void schedulesNeverComeBeforeNow() {
        Stream.Schedule every = new Stream.Every(Duration.ofMinutes(15));
        Instant now = Instant.parse("2026-01-01T10:00:00Z");

        assertThat(every.next(now.minusSeconds(60), now)).isEqualTo(now.plusSeconds(14 * 60));
        assertThat(every.next(now.minus(Duration.ofHours(3)), now)).isEqualTo(now);
        Stream cron = StreamFile.compiled(
                        "streams: { all: { path: /a, items: data, record: any, schedule: { cron: '0 10 3 * * ?' } } }")
                .find("all")
                .orElseThrow();
        assertThat(cron.schedule()).isNotNull();
        assertThat(cron.schedule().next(now, now)).isEqualTo(Instant.parse("2026-01-02T03:10:00Z"));
    }

    @Test
    void marksAreComparedAsWhatTheyAre() {
        assertThat(greater("iso", "2026-01-01T10:00:00+0000", "2026-01-01T10:30:00+01:00"))
                .isEqualTo("2026-01-01T10:00:00+0000");
        assertThat(greater("epochSeconds", "9", "10")).isEqualTo("10");
        assertThat(greater("number", "9", "10")).isEqualTo("10");
        assertThat(greater("text", "9", "10")).isEqualTo("9");
        assertThat(CursorFormat.of("iso").mark("yesterday")).isNull();
        assertThat(CursorFormat.of("number").mark("ten")).isNull();
    }

    private static String greater(String format, String one, String other) {
        CursorFormat form = CursorFormat.of(format);
        CursorFormat.Mark greater = CursorFormat.Mark.greater(form.mark(one), form.mark(other));
        return greater == null ? "" : greater.text();
    }

    @Test
    void theMarginIsTakenOffInThePlatformsOwnForm() {
        CursorFormat format = CursorFormat.of("yyyy-MM-dd'T'HH:mm:ss'+0000'");
        CursorFormat.Mark mark = format.mark("2026-01-01T10:00:00+0000");

        assertThat(mark).isNotNull();
        assertThat(format.since(mark, Duration.ofMinutes(5))).isEqualTo("2026-01-01T09:55:00+0000");
    }
}
