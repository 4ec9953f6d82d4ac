package dev.muster.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Many rows by one statement, whichever database carries it out. */
abstract class RowStatementContract extends StoreContract {
    private static final RowStatement INSERT = RowStatement.of("""
            INSERT INTO deliveries (id, organization, platform, integration, received_at, kind, headers, body)
            SELECT r.id, r.organization, 'patreon', 'default', 0, r.kind, '{}', r.body
            FROM {id bigint, organization text, kind text, body bytea} r WHERE true
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind""");

    private static final RowStatement UPDATE = RowStatement.of("""
            UPDATE deliveries SET kind = r.kind FROM {id bigint, kind text} r WHERE deliveries.id = r.id""");

    private void write(RowStatement statement, List<@Nullable Object[]> all) {
        database.change(connection -> {
            try (RowStatement.Rows rows = statement.open(connection, database.dialect())) {
                for (@Nullable Object[] row : all) {
                    rows.add(row);
                }
                rows.write();
            }
        });
    }

    private static @Nullable Object[] row(@Nullable Object... values) {
        return values;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void everyValueArrivesAsItWas() {
        String awkward = "{\"a\", 'b'} \\ NULL , \n Zoë 李";
        write(INSERT, List.of(row(1L, awkward, null, bytes("\\x00{,}")), row(Long.MAX_VALUE, "", "NULL", bytes(""))));

        assertThat(rows("SELECT id, organization, kind, body FROM deliveries ORDER BY id"))
                .containsExactly(List.of("1", awkward, "-", "\\x00{,}"), List.of("" + Long.MAX_VALUE, "", "NULL", ""));
    }

    @Test
    void rowsThatAreThereAreUpdated() {
        write(INSERT, List.of(row(1L, "a", "old", bytes("x")), row(2L, "a", "old", bytes("x"))));
        write(INSERT, List.of(row(2L, "a", "new", bytes("x")), row(3L, "a", "new", bytes("x"))));
        write(UPDATE, List.of(row(3L, "newer"), row(4L, "nowhere")));

        assertThat(column("SELECT kind FROM deliveries ORDER BY id")).containsExactly("old", "new", "newer");
    }

    @Test
    void withoutRowsNothingIsWritten() {
        write(INSERT, List.of());

        assertThat(count("deliveries")).isZero();
    }

    @Test
    void statementWithoutRowsOfItsOwnIsRefused() {
        assertThatThrownBy(() -> RowStatement.of("DELETE FROM deliveries"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DELETE FROM deliveries");
    }
}
