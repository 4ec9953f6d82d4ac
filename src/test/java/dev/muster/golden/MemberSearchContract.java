package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.Ids;
import dev.muster.db.StoreContract;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever somebody types the beginning of is found, and nobody of another organization. */
abstract class MemberSearchContract extends StoreContract {
    private Roll roll;

    @BeforeEach
    void fill() {
        roll = new Roll(database, () -> new Survivorship(SurvivorshipRules.latest()));
        member(1, "default", "ada.byron@example.org", "Ada", "Byron", "+4917012345");
        member(2, "default", "ada@example.org", "ADA MARIA", "van der Berg", null);
        member(3, "default", null, "Émile", "Ångström", "+33612345678");
        member(4, "other", "ada@example.org", "Ada", "Byron", "+4917012345");
        member(5, "default", null, null, null, null);
        member(6, "default", "100%_sure@example.org", "A'da\\", "%", null);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ada | 2 1",
                "ADA | 2 1",
                "ad | 2 1",
                "a | 6 2 1",
                "byr | 1",
                "Ada B | 1",
                "byron, ada | 1",
                "ada  maria van | 2",
                "van der B | 2",
                "berg | ''",
                "émile | 3",
                "ÉMILE | 3",
                "ångström é | 3",
                "ada.b | 1",
                "ADA@EXAMPLE.ORG | 2",
                "example | ''",
                "+49 170 12 | 1",
                "0049170 | 1",
                "(336) 12-34 | 3",
                "% | 6",
                "_ | ''",
                "a'da\\ | 6",
                "0000000000001 | 1",
                "0000000000004 | ''",
                "0000000000009 | ''",
                "nobody at all of whom anybody ever heard a word | ''",
            })
    void theBeginningOfWhatOneKnowsIsEnough(String typed, String found) {
        assertThat(ids(typed, "default")).isEqualTo(found);
    }

    @Test
    void ofAllOrganizationsWhoeverMaySeeThemIsShown() {
        assertThat(ids("byron", null)).isEqualTo("4 1");
        assertThat(ids("byron", "other")).isEqualTo("4");
        assertThat(ids("byron", "nobody")).isEmpty();
    }

    @Test
    void whoWasMergedIsLeftOut() {
        execute("UPDATE members SET merged_into = 2 WHERE id = 1");
        assertThat(ids("ada", "default")).isEqualTo("2");
        assertThat(ids(Ids.format(1), "default")).isEmpty();
    }

    @Test
    void pagesHoldEverybodyOnceNewestFirst() {
        for (int i = 10; i < 30; i++) {
            member(i, "default", null, "Zoe", i % 2 == 0 ? "Zoe" : "Lee", null);
        }
        List<Long> walked = new ArrayList<>();
        Long before = Long.MAX_VALUE;
        while (before != null) {
            Roll.Part part = roll.search("zo", "default", before, 7);
            assertThat(part.entries()).hasSizeLessThanOrEqualTo(7);
            part.entries().forEach(entry -> walked.add(entry.record().id()));
            before = part.before();
        }
        assertThat(walked).hasSize(20).isSortedAccordingTo((one, other) -> Long.compare(other, one));
    }

    private String ids(String typed, String organization) {
        return String.join(
                " ",
                roll.search(typed, organization, Long.MAX_VALUE, 50).entries().stream()
                        .map(entry -> Long.toString(entry.record().id()))
                        .toList());
    }

    private void member(long id, String organization, String email, String first, String last, String phone) {
        execute("""
                INSERT INTO members (id, organization, email, first_name, last_name, phone, attributes, version, created_at,
                    updated_at) VALUES (?, ?, ?, ?, ?, ?, '{}', 1, 0, 0)""", id, organization, email, first, last, phone);
    }

    private void execute(String sql, Object... values) {
        database.change(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                statement.executeUpdate();
            }
        });
    }
}
