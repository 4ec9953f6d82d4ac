package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.access.Access;
import dev.muster.access.AccessSettings;
import dev.muster.access.AdminToken;
import dev.muster.access.ApiKeys;
import dev.muster.access.Caller;
import dev.muster.access.Credentials;
import dev.muster.access.Permission;
import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.canonical.FieldSeal;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The admin API with some of its resources, asked by whoever may do all. Every answer has to be as the contract says. */
public final class ContractedApi {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Contract CONTRACT = Contract.load();

    private final AdminApi api;

    private final ApiKeys keys;

    public ContractedApi(Database database, Path data, AdminResource... resources) {
        Clock clock = Clock.systemUTC();
        this.keys = new ApiKeys(database, new Ids(), clock, 10_000);
        Access access = new Access(
                AdminToken.of("secret", data),
                keys,
                database,
                clock,
                new AccessSettings(Duration.ofHours(1), Duration.ofHours(12), 10_000, null),
                new AuditTrail(database, new Ids(), clock, KnownSeal.SEAL));
        this.api = new AdminApi(access, new IdempotencyStore(database, clock), FieldSeal.NONE, List.of(resources));
    }

    /** A key that may do all, of one organization. */
    public String keyOf(String organization) {
        return keyOf(organization, EnumSet.allOf(Permission.class));
    }

    /** A key; all are named alike. */
    public String keyOf(@Nullable String organization, Set<Permission> permissions) {
        Caller admin = new Caller("admin", "admin", EnumSet.allOf(Permission.class), null);
        return keys.make(admin, "desk", organization, permissions, null).text();
    }

    public HttpAnswer get(String address) {
        return ask("GET", address, Map.of(), "");
    }

    /** @param body empty for none */
    public HttpAnswer post(String address, String body) {
        return ask("POST", address, Map.of("content-type", "application/json"), body);
    }

    /**
     * @param address behind {@code /api/}, with its query
     * @param headers by names in lower case; the admin token is added where there is no authorization
     */
    public HttpAnswer ask(String method, String address, Map<String, String> headers, String body) {
        int mark = address.indexOf('?');
        String path = mark < 0 ? address : address.substring(0, mark);
        Map<String, String> query = new HashMap<>();
        if (mark >= 0) {
            for (String pair : address.substring(mark + 1).split("&")) {
                query.put(
                        pair.substring(0, pair.indexOf('=')),
                        URLDecoder.decode(pair.substring(pair.indexOf('=') + 1), StandardCharsets.UTF_8));
            }
        }
        List<String> segments = path.isEmpty() ? List.of() : List.of(path.split("/"));
        Map<String, String> others = new HashMap<>(headers);
        String authorization = headers.containsKey("authorization") ? others.remove("authorization") : "Bearer secret";
        HttpAnswer answer = api.answer(new AdminRequest(
                method,
                segments,
                query,
                others,
                Credentials.of(authorization.isEmpty() ? null : authorization, method, "here"),
                body.getBytes(StandardCharsets.UTF_8)));
        assertThat(CONTRACT.differences(method, segments, answer.status(), answer.contentType(), answer.body()))
                .as(
                        "%s %s answered %s %s, which differs from the contract",
                        method, address, answer.status(), answer.body())
                .isEmpty();
        return answer;
    }

    public static JsonNode json(HttpAnswer answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new AssertionError("Not JSON: " + answer.body(), e);
        }
    }
}
