package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A platform with one list of contacts, known by their address. It writes names in capitals, and tells of every change,
 * those that were written to it included.
 */
final class FakeTarget {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String platform;
    final String account;
    private final Clock clock;
    private final Map<String, Map<String, Object>> contacts = new LinkedHashMap<>();
    private final Map<String, Set<String>> tags = new TreeMap<>();
    private final Map<String, String> ids = new TreeMap<>();
    private final List<CanonicalRecord> said = new ArrayList<>();
    final List<PlatformRequest> requests = new ArrayList<>();
    final Set<String> poison = new HashSet<>();
    final Set<String> everWritten = new HashSet<>();
    boolean shouting = true;
    boolean answering = true;
    int statusOfPoison = 200;
    /** Of a refusal; empty for its usual ones. */
    String words = "";

    /** @param clock of this platform */
    FakeTarget(String platform, String account, Clock clock) {
        this.platform = platform;
        this.account = account;
        this.clock = clock;
    }

    /** What its file says. */
    static String yaml(String platform, String extra) {
        return """
                platform: %1$s
                api: { baseUrl: "https://%1$s.example" }
                push:
                  - name: %1$s-contacts
                    entity: member
                    fields: [email, firstName, lastName, phone]
                    key: email
                    consent: email
                    batch: 4
                    policy: { create: true, update: true, delete: archive }
                    upsert:
                      path: /contacts
                      idempotent: true
                      record: "{email, firstName, lastName, phone, segments}"
                      body: "{members: .records}"
                      results: ".answer.members | to_entries | map({index: .key, status: .value.status, externalId: .value.id, error: .value.error, record: .value.record})"
                    withdraw: { path: "/contacts/{key}/withdraw", each: true, idempotent: true }
                    remove: { method: DELETE, path: "/contacts/{key}", each: true, idempotent: true, done: [404] }
                    readBack:
                      path: /contacts/read
                      record: .email
                      body: "{emails: .records}"
                      results: ".answer.found | map({key: .email, status: \\"there\\", externalId: .id, record: .})"
                %2$s""".formatted(platform, extra);
    }

    /** A target of its own for tags, which stay on a contact until they are taken off by name. */
    static String tagsYaml(String platform, String segments) {
        return """
                  - name: %1$s-tags
                    entity: member
                    fields: [email]
                    key: email
                    after: %1$s-contacts
                    segments: %2$s
                    upsert:
                      path: "/contacts/{key}/tags"
                      each: true
                      idempotent: true
                      record: "{on: .segmentTags, off: .staleTags}"
                """.formatted(platform, segments);
    }

    PlatformAnswer call(PlatformRequest request) throws IOException {
        requests.add(request);
        String[] path = request.path().split("/");
        String last = path[path.length - 1];
        if (request.path().equals("/contacts")) {
            return upsert(JSON.readTree(request.body()).path("members"));
        }
        if (last.equals("read")) {
            ObjectNode answer = JSON.createObjectNode();
            ArrayNode found = answer.putArray("found");
            JSON.readTree(request.body()).path("emails").forEach(email -> {
                Map<String, Object> contact = contacts.get(email.asText());
                if (contact != null) {
                    found.add(record(email.asText(), contact));
                }
            });
            return answer(200, answer);
        }
        String email = URLDecoder.decode(path[2], StandardCharsets.UTF_8);
        Map<String, Object> contact = contacts.get(email);
        if (contact == null) {
            return answer(404, JSON.createObjectNode());
        }
        if (last.equals("move")) {
            String to = JSON.readTree(request.body()).path("email").asText();
            ids.put(to, id(email));
            contacts.put(to, contacts.remove(email));
            tell(to, false);
            return answer(200, JSON.createObjectNode().put("id", id(to)));
        }
        if (last.equals("tags")) {
            JsonNode change = JSON.readTree(request.body());
            Set<String> own = tags.computeIfAbsent(email, unused -> new TreeSet<>());
            change.path("on").forEach(tag -> own.add(tag.asText()));
            change.path("off").forEach(tag -> own.remove(tag.asText()));
            return answer(200, JSON.createObjectNode());
        }
        if (last.equals("withdraw")) {
            contact.put("consentEmail", "opted_out");
            tell(email, false);
        } else {
            tell(email, true);
            contacts.remove(email);
        }
        return answer(200, JSON.createObjectNode());
    }

    private PlatformAnswer upsert(JsonNode members) {
        for (JsonNode member : members) {
            if (statusOfPoison >= 400 && poison.contains(member.path("email").asText())) {
                return answer(statusOfPoison, JSON.createObjectNode().put("detail", "one of them is bad"));
            }
        }
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode results = answer.putArray("members");
        for (JsonNode member : members) {
            String email = member.path("email").asText();
            ObjectNode result = results.addObject();
            if (poison.contains(email)) {
                result.put("status", "refused").put("error", words.isEmpty() ? email + " looks fake" : words);
                continue;
            }
            Map<String, Object> contact = contacts.computeIfAbsent(email, unused -> new TreeMap<>());
            contact.put("consentEmail", contact.getOrDefault("consentEmail", "opted_in"));
            everWritten.add(email);
            for (String field : List.of("firstName", "lastName", "phone", "shirtSize")) {
                if (member.hasNonNull(field)) {
                    String value = member.path(field).asText();
                    contact.put(field, shouting && !field.equals("phone") ? value.toUpperCase(Locale.ROOT) : value);
                }
            }
            tell(email, false);
            result.put("status", "ok").put("id", id(email));
            if (answering) {
                result.set("record", record(email, contact));
            }
        }
        return answer(200, answer);
    }

    private ObjectNode record(String email, Map<String, Object> contact) {
        ObjectNode record = JSON.createObjectNode().put("email", email).put("id", id(email));
        contact.forEach((field, value) -> record.put(field, value.toString()));
        return record;
    }

    private PlatformAnswer answer(int status, JsonNode body) {
        return new PlatformAnswer(
                status,
                Map.of(),
                body.toString().getBytes(StandardCharsets.UTF_8),
                clock.instant(),
                "https://" + platform + ".example");
    }

    private String id(String email) {
        return ids.computeIfAbsent(email, unused -> platform.charAt(0) + "" + (ids.size() + 1));
    }

    /** Somebody subscribes there by themselves. */
    void subscribe(String email, String firstName) {
        contacts.put(email, new TreeMap<>(Map.of("consentEmail", "opted_in", "firstName", firstName)));
        tell(email, false);
    }

    /** Somebody changes a contact there. */
    void edit(String email, String field, String value) {
        Map<String, Object> contact = contacts.get(email);
        if (contact != null) {
            contact.put(field, value);
            tell(email, false);
        }
    }

    private void tell(String email, boolean removed) {
        Map<String, Object> fields = new TreeMap<>(contacts.getOrDefault(email, Map.of()));
        fields.put("email", email);
        Instant now = clock.instant();
        said.add(new CanonicalRecord(
                new RecordKey("default", platform, Entity.MEMBER, id(email)),
                removed ? Map.of() : fields,
                now,
                Map.of(),
                now,
                Instant.EPOCH,
                removed,
                List.of()));
    }

    /** What it has told since the last time. */
    List<CanonicalRecord> drain() {
        List<CanonicalRecord> all = List.copyOf(said);
        said.clear();
        return all;
    }

    @Nullable
    Map<String, Object> contact(String email) {
        return contacts.get(email);
    }

    Set<String> tags(String email) {
        return tags.getOrDefault(email, Set.of());
    }

    Set<String> emails() {
        return contacts.keySet();
    }
}
