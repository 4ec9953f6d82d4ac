package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.access.Caller;
import dev.muster.access.Permission;
import dev.muster.canonical.Entity;
import dev.muster.canonical.FieldSeal;
import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.ErasedPeople;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsShownTest {
    private static final Caller VIEWER = new Caller("1", "viewer", Set.of(Permission.READ), null);
    private static final Caller ADMIN = new Caller("2", "admin", Set.of(Permission.READ, Permission.ERASE), null);
    private static final Caller OF_ANOTHER =
            new Caller("3", "other", Set.of(Permission.READ, Permission.ERASE), "other");

    @TempDir
    Path folder;

    private Database database;
    private FieldSeal seal;

    @BeforeEach
    void open() {
        database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1);
        seal = ErasedPeople.fieldKeys(database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private String shown(Caller caller, String body) {
        return new SecretsShown(seal).to(caller, HttpAnswer.json(200, body)).body();
    }

    private String sealed(Object value) {
        return (String) seal.seal("default", Entity.MEMBER, "notes", value);
    }

    @Test
    void onlyWhoMayEraseSeesAValueAndAsWhatItWas() {
        String body =
                "{\"notes\":\"%s\",\"n\":[\"%s\"],\"city\":\"Oslo\"}".formatted(sealed("a \"b\" $1 \\"), sealed(7L));

        assertThat(shown(ADMIN, body)).isEqualTo("{\"notes\":\"a \\\"b\\\" $1 \\\\\",\"n\":[7],\"city\":\"Oslo\"}");
        assertThat(shown(VIEWER, body)).isEqualTo("{\"notes\":\"***\",\"n\":[\"***\"],\"city\":\"Oslo\"}");
        assertThat(shown(OF_ANOTHER, body)).isEqualTo(shown(VIEWER, body));
    }

    @Test
    void aPartOfALongerTextAndWhatCannotBeOpenedAreNeverShown() {
        String sealed = sealed("x");

        assertThat(shown(ADMIN, "{\"why\":\"differs from " + sealed + " there\"}"))
                .isEqualTo("{\"why\":\"differs from *** there\"}");
        assertThat(shown(ADMIN, "{\"stored\":\"{\\\"notes\\\":\\\"" + sealed + "\\\"}\"}"))
                .isEqualTo("{\"stored\":\"{\\\"notes\\\":\\\"***\\\"}\"}");
        assertThat(shown(ADMIN, "[\"" + sealed + "A\",\"sealed:v1:\"]")).isEqualTo("[\"***\",\"***\"]");
    }

    @Test
    void aValueThatLooksSealedIsOpenedOnce() {
        String twice = sealed(sealed("x"));

        assertThat(shown(ADMIN, "[\"" + twice + "\"]")).isEqualTo("[\"" + sealed("x") + "\"]");
    }
}
