package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.push.PushRows;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SQLite has no statistics of a hub's tables: it takes the index that a question is made for all the same. */
class RollPlansTest {
    @TempDir
    Path folder;

    @Test
    void eachQuestionTakesTheIndexThatItIsMadeFor() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1)) {
            String some = "'[[\"x\"]]'";
            assertThat(PushRows.plan(database, Roll.MEMBERS_WITH.formatted(database.rowsOfJson()), "'default'", some))
                    .contains("members_by_email (organization=? AND email=?)");
            for (Entity entity :
                    List.of(Entity.REGISTRATION, Entity.MEMBERSHIP, Entity.TRANSACTION, Entity.RECURRING_PLAN)) {
                String table = entity.table();
                assertThat(PushRows.plan(
                                database,
                                Roll.OF_MEMBER.formatted(table, database.rowsOfJson()),
                                "'default'",
                                some,
                                "99",
                                "10"))
                        .contains(table + "_by_member (organization=? AND member=?)");
            }
            for (Entity entity : Entity.values()) {
                assertThat(PushRows.plan(database, Roll.IDS_OF.formatted(entity.table()), "'default'", "99"))
                        .contains(entity.table() + "_of (<expr>=? AND id<?)")
                        .doesNotContain("TEMP B-TREE");
            }
        }
    }
}
