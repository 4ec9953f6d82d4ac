package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminApiRetryTest {
    @TempDir
    Path folder;

    private int answeredBy(String state, AtomicInteger calls) {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("muster.db"), 1)) {
            ContractedApi api = new ContractedApi(
                    database,
                    folder,
                    () -> Map.of("rotateVaultKey", call -> {
                        if (calls.incrementAndGet() < 3) {
                            throw new Transient(
                                    FailureCode.STORE_UNAVAILABLE, "not now", new SQLException("not now", state));
                        }
                        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("resealed", 0));
                    }));
            return api.post("vault/rotate", "").status();
        }
    }

    @Test
    void whoMetADeadlockGoesAgain() {
        AtomicInteger calls = new AtomicInteger();

        assertThat(answeredBy("40P01", calls)).isEqualTo(200);
        assertThat(calls).hasValue(3);
    }

    @Test
    void whoMetAnotherFailureIsToldSo() {
        AtomicInteger calls = new AtomicInteger();

        assertThat(answeredBy("08006", calls)).isEqualTo(503);
        assertThat(calls).hasValue(1);
    }
}
