package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.db.Database;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushesResourceTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7, 100})
    void pagesShowEveryRowOnceHoweverManyTargetsARecordHas(int limit) throws Exception {
        List<String> shown = shown(Map.of("limit", Integer.toString(limit)));

        assertThat(shown).hasSize(15).doesNotHaveDuplicates();
    }

    @Test
    void filteredPagesDoToo() throws Exception {
        assertThat(shown(Map.of("limit", "2", "target", "t1"))).hasSize(5).doesNotHaveDuplicates();
        assertThat(shown(Map.of("limit", "2", "status", "failed"))).hasSize(15).doesNotHaveDuplicates();
    }

    private List<String> shown(Map<String, String> query) throws Exception {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("muster.db"), 1)) {
            fill(database);
            ContractedApi api = new ContractedApi(database, folder, new PushesResource(database, null, null));
            List<String> shown = new ArrayList<>();
            Map<String, String> asked = new HashMap<>(query);
            for (int pages = 0; pages < 100; pages++) {
                List<String> parameters = new ArrayList<>();
                asked.forEach((name, value) -> parameters.add(name + "=" + value));
                JsonNode page = ContractedApi.json(api.get("pushes?" + String.join("&", parameters)));
                page.path("items")
                        .forEach(item -> shown.add(item.path("goldenId").asText()
                                + item.path("target").asText()));
                if (page.path("next").isNull()) {
                    return shown;
                }
                asked.put("cursor", page.path("next").asText());
            }
            throw new AssertionError("The pages do not end: " + shown);
        }
    }

    private static void fill(Database database) {
        database.change(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO pushes (golden_id, target, integration, organization, platform, entity, status, rank,"
                            + " version, attempts, not_before, forced, created_at, updated_at)"
                            + " VALUES (?, ?, 'a', 'o', 'p', 'member', 3, 1, 1, 0, 0, 0, 0, 0)"
                            + " ON CONFLICT DO NOTHING")) {
                for (int golden = 1; golden <= 5; golden++) {
                    for (int target = 1; target <= 3; target++) {
                        insert.setLong(1, golden * 10L);
                        insert.setString(2, "t" + target);
                        insert.executeUpdate();
                    }
                }
            }
        });
    }
}
