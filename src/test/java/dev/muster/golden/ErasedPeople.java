package dev.muster.golden;

import dev.muster.credential.HubKey;
import dev.muster.credential.OuterKey;
import dev.muster.credential.PersonKeys;
import dev.muster.db.Database;
import java.nio.file.Path;
import java.time.Clock;

/** What keeps people out who were erased, under a key that the test knows. */
public final class ErasedPeople {
    private static final String KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private ErasedPeople() {}

    public static PersonKeys keys(Database database) {
        Path nowhere = Path.of("nowhere");
        return new PersonKeys(HubKey.open(database, Clock.systemUTC(), OuterKey.of(KEY, null, nowhere)));
    }

    public static Suppression suppression(Database database) {
        return new Suppression(database, keys(database));
    }
}
