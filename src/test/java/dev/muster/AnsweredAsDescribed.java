package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.admin.Contract;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Holds every answer of a hub's admin API against its contract, whatever the test is about. */
public final class AnsweredAsDescribed {
    private static final Contract CONTRACT = Contract.load();
    private static final Pattern SLASHES = Pattern.compile("/+");

    private AnsweredAsDescribed() {}

    /** The answer itself; those of the door and of the management port are passed over. */
    public static HttpResponse<String> check(HttpResponse<String> answer) {
        String path = answer.request().uri().getPath();
        if (!path.startsWith("/api/") || path.startsWith("/api/webhooks/")) {
            return answer;
        }
        List<String> segments = new ArrayList<>(SLASHES.splitAsStream(path.substring("/api/".length()))
                .filter(segment -> !segment.isEmpty())
                .toList());
        String method = answer.request().method();
        String contentType = answer.headers()
                .firstValue("Content-Type")
                .map(type -> type.split(";")[0].strip())
                .orElse("");
        assertThat(CONTRACT.differences(method, segments, answer.statusCode(), contentType, answer.body()))
                .as("%s %s was answered %s %s: not as described", method, path, answer.statusCode(), answer.body())
                .isEmpty();
        return answer;
    }
}
