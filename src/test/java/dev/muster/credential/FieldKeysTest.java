package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.Entity;
import dev.muster.canonical.FieldSeal;
import dev.muster.db.Database;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FieldKeysTest {
    private static final String FIRST = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    private static final String SECOND = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

    @TempDir
    Path folder;

    private Database database;
    private FieldKeys keys;

    @BeforeEach
    void open() {
        database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1);
        keys = keys(FIRST, null);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private HubKey hubKey(String key, String previous) {
        return HubKey.open(database, Clock.systemUTC(), OuterKey.of(key, previous, folder));
    }

    private FieldKeys keys(String key, String previous) {
        return new FieldKeys(hubKey(key, previous));
    }

    private String sealed(String organization, Entity entity, String field, Object value) {
        return (String) keys.seal(organization, entity, field, value);
    }

    @Test
    void whatIsSealedIsOpenedAsItWas() {
        for (Object value : List.of("Ana \"A\" \uD83D\uDE00 \n", "", -42L, true)) {
            String sealed = sealed("club", Entity.MEMBER, "notes", value);
            assertThat(FieldSeal.isSealed(sealed)).isTrue();
            assertThat(sealed).doesNotContain("Ana");
            assertThat(keys.open(sealed, "club"::equals)).contains(value);
        }
        List<?> list = (List<?>) keys.seal("club", Entity.MEMBER, "notes", List.of("a", "b"));
        assertThat(list).hasSize(2).allMatch(FieldSeal::isSealed);
        assertThat(list.get(1)).isEqualTo(sealed("club", Entity.MEMBER, "notes", "b"));
    }

    @Test
    void oneValueIsAlwaysTheSameTextInOneFieldOfOneOrganizationAndAnotherElsewhere() {
        String here = sealed("club", Entity.MEMBER, "notes", "x");

        assertThat(sealed("club", Entity.MEMBER, "notes", "x")).isEqualTo(here);
        assertThat(List.of(
                        sealed("other", Entity.MEMBER, "notes", "x"),
                        sealed("club", Entity.EVENT, "notes", "x"),
                        sealed("club", Entity.MEMBER, "shirt", "x"),
                        sealed("club", Entity.MEMBER, "notes", "y")))
                .noneMatch(text -> text.substring(text.indexOf('.')).equals(here.substring(here.indexOf('.'))));
    }

    @Test
    void whatWasChangedOrIsOfAnotherPlaceIsNotOpened() {
        String here = sealed("club", Entity.MEMBER, "notes", "x");
        String there = sealed("club", Entity.MEMBER, "shirt", "y");

        assertThat(keys.open(here, "other"::equals)).isEmpty();
        assertThat(keys.open(there.substring(0, there.indexOf('.')) + here.substring(here.indexOf('.')), any -> true))
                .isEmpty();
        for (String odd :
                List.of("", "x", FieldSeal.PREFIX, FieldSeal.PREFIX + ".", FieldSeal.PREFIX + "!.!", here + "A")) {
            assertThat(keys.open(odd, any -> true)).isEmpty();
        }
    }

    @Test
    void anotherOuterKeyOpensWhatWasSealedBefore() {
        String sealed = sealed("club", Entity.MEMBER, "notes", "x");

        hubKey(SECOND, FIRST).rewrap();

        assertThat(keys(SECOND, null).open(sealed, "club"::equals)).contains("x");
        assertThat(keys(SECOND, null).seal("club", Entity.MEMBER, "notes", "x")).isEqualTo(sealed);
    }

    @Test
    void anotherHubsKeyOpensNothing() {
        String sealed = sealed("club", Entity.MEMBER, "notes", "x");
        try (Database other = Database.open("jdbc:sqlite:" + folder.resolve("other.db"), 1)) {
            FieldKeys others = new FieldKeys(HubKey.open(other, Clock.systemUTC(), OuterKey.of(FIRST, null, folder)));
            assertThat(others.open(sealed, any -> true)).isEmpty();
        }
    }
}
