package dev.muster.admin;

import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import java.util.Map;

/** {@code /api/duplicates}: pairs of people of whom somebody has to say whether they are one. */
public final class DuplicatesResource implements AdminResource {
    private final Listing duplicates;

    public DuplicatesResource(Database database) {
        this.duplicates = new Rows(database).duplicates;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of("listDuplicates", this::list, "readDuplicate", this::one);
    }

    private HttpAnswer list(ApiCall call) {
        return Page.answer(Cases.of(call).list(duplicates, "p.", call.page(), call.filters("organization")));
    }

    private HttpAnswer one(ApiCall call) {
        return HttpAnswer.ok(call.seen(duplicates.find(call.id()), "duplicate"));
    }
}
