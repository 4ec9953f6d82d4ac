package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Headers that must say what the signed body says, for platforms that sign the body alone: {@code webhook.mustAgree}. A
 * pair of which either is missing agrees.
 *
 * <pre>{@code
 * mustAgree: {header: X-Webhook-Id, json: /meta/webhook_id}   # or a list of them
 * }</pre>
 */
public final class AgreeingFields {
    private record Pair(String header, JsonPointer json) {}

    private final List<Pair> pairs;

    private AgreeingFields(List<Pair> pairs) {
        this.pairs = pairs;
    }

    /** The first header, by its lower-case name, that says otherwise than the body. */
    Optional<String> contradiction(Headers headers, RawBody body) {
        for (Pair pair : pairs) {
            String told = headers.get(pair.header());
            String signed = told == null ? null : body.scalar(pair.json());
            if (signed != null && !signed.equals(told)) {
                return Optional.of(pair.header());
            }
        }
        return Optional.empty();
    }

    /** @param owner the section that may have a key {@code mustAgree} */
    static AgreeingFields read(Section owner) {
        List<Pair> pairs = new ArrayList<>();
        for (Section section : owner.sections("mustAgree")) {
            int before = section.problems().size();
            String header = section.header("header");
            JsonPointer json = section.pointer("json");
            section.end();
            if (header != null && json != null) {
                pairs.add(new Pair(header, json));
            } else if (section.problems().size() == before) {
                section.problem("needs both: header, and json, the place in the body that says the same");
            }
        }
        return new AgreeingFields(List.copyOf(pairs));
    }
}
