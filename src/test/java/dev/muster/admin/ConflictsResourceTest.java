package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conflicts of sources and held pushes in one list. */
class ConflictsResourceTest {
    @TempDir
    Path folder;

    private Database database;
    private ContractedApi api;

    @BeforeEach
    void open() {
        database = Database.open("jdbc:sqlite:" + folder.resolve("muster.db"), 1);
        api = new ContractedApi(database, folder, new ConflictsResource(database, null, null, null));
        database.change(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO sync_conflicts (id, organization, entity, golden_id, field, status, standing, rivals,"
                            + " created_at, updated_at) VALUES (?, 'o', 'member', ?, 'lastName', ?, '[]', '[]', 0, 0)")) {
                for (int i = 1; i <= 8; i++) {
                    insert.setLong(1, i * 15L);
                    insert.setLong(2, i);
                    insert.setString(3, i == 8 ? "settled" : "open");
                    insert.executeUpdate();
                }
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO pushes (golden_id, target, integration, organization, platform, entity, status, rank,"
                            + " version, attempts, not_before, forced, created_at, updated_at, contested)"
                            + " VALUES (?, ?, 'a', 'o', 'p', 'member', 4, 1, 1, 0, 0, 0, 0, 0, ?)")) {
                for (int golden = 1; golden <= 5; golden++) {
                    for (int target = 1; target <= 2; target++) {
                        insert.setLong(1, golden * 20L + 1);
                        insert.setString(2, "t" + target);
                        insert.setString(
                                3, "{\"lastName\":{\"there\":\"Smith\",\"here\":\"Lee\"},\"phone\":{\"there\":\"1\"}}");
                        insert.executeUpdate();
                    }
                }
            }
        });
    }

    @AfterEach
    void close() {
        database.close();
    }

    private JsonNode ask(Map<String, String> query) throws Exception {
        List<String> parameters = new ArrayList<>();
        query.forEach((name, value) -> parameters.add(name + "=" + value));
        return ContractedApi.json(
                api.get("conflicts" + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters))));
    }

    /** The ids of all pages. */
    private List<String> shown(Map<String, String> query) throws Exception {
        List<String> shown = new ArrayList<>();
        Map<String, String> asked = new HashMap<>(query);
        for (int pages = 0; pages < 100; pages++) {
            JsonNode page = ask(asked);
            page.path("items").forEach(item -> shown.add(item.path("id").asText()));
            if (page.path("next").isNull()) {
                return shown;
            }
            asked.put("cursor", page.path("next").asText());
        }
        throw new AssertionError("The pages do not end: " + shown);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 100})
    void pagesShowBothKindsOnceInOneOrder(int limit) throws Exception {
        List<String> shown = shown(Map.of("limit", Integer.toString(limit)));

        assertThat(shown).hasSize(7 + 5 * 2 * 2).doesNotHaveDuplicates();
        assertThat(shown.stream().map(id -> id.substring(0, 13)))
                .as("the newest first")
                .isSortedAccordingTo(java.util.Comparator.reverseOrder());
    }

    @Test
    void filtersSayWhichAreMeant() throws Exception {
        assertThat(shown(Map.of("kind", "push", "limit", "3"))).hasSize(20);
        assertThat(shown(Map.of("kind", "sources", "limit", "3"))).hasSize(7);
        assertThat(shown(Map.of("kind", "push", "field", "phone"))).hasSize(10);
        assertThat(shown(Map.of("field", "lastName"))).hasSize(17);
        assertThat(shown(Map.of("status", "settled"))).containsExactly(Ids.format(120));
        assertThat(shown(Map.of("status", "all"))).hasSize(28);
        assertThat(shown(Map.of("organization", "other"))).isEmpty();
        assertThat(ask(Map.of("kind", "both")).path("detail").asText()).contains("sources, push, all");
    }
}
