package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
    private static final String ID = "0SA3B6BFP2JR6";

    @Test
    void onATerminalProseGivesWayAndIdsStay() {
        List<String> lines = printed(60, false);

        assertThat(lines).allMatch(line -> line.length() <= 60);
        assertThat(lines.get(1)).startsWith(ID + "  2026-11-21T09:30:00Z  ").endsWith("…");
    }

    @Test
    void onANarrowOneTimesGiveWayToo() {
        assertThat(printed(45, false).get(1)).startsWith(ID + "  2026-1").hasSizeLessThanOrEqualTo(45);
    }

    @Test
    void withoutATerminalNothingIsCutAndNothingPainted() {
        StringWriter out = new StringWriter();
        table().print(new PrintWriter(out));

        assertThat(out.toString())
                .contains("a cause that takes many words to be told in full, as they do")
                .doesNotContain("\u001b", "…");
    }

    @Test
    void coloursDoNotShiftTheColumns() {
        List<String> plain = printed(80, false);
        List<String> painted = printed(80, true);

        assertThat(painted).anyMatch(line -> line.contains("\u001b[31mdead\u001b[0m"));
        assertThat(painted.stream()
                        .map(line -> line.replaceAll("\u001b\\[\\d+m", "").stripTrailing()))
                .containsExactlyElementsOf(plain);
    }

    private static List<String> printed(int columns, boolean colours) {
        StringWriter out = new StringWriter();
        table().print(
                        new PrintWriter(out),
                        new Terminal(true, true, true, colours, columns, InputStream.nullInputStream()));
        return out.toString().lines().toList();
    }

    private static TextTable table() {
        TextTable table = new TextTable("ID", "DIED", "STATUS", "CAUSE");
        table.row(
                ID,
                "2026-11-21T09:30:00.123456Z",
                "dead",
                "a cause that takes many words to be told in full, as they do");
        table.row(ID, "2026-11-21T09:30:01Z", "success", "");
        return table;
    }
}
