package dev.muster.golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.FormFields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * By what a person's raw deliveries are known: addresses in any of them, and the ids of one platform in its own.
 *
 * @param emails in lower case
 * @param ids platform to the ids of the person and of their records there, as the platform writes them
 */
record Traces(Set<String> emails, Map<String, Set<String>> ids) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A shorter id is looked for only where a record names itself: anything else may be called so too. */
    private static final int TELLING_ID_LENGTH = 6;

    private static final String PULLED = "pull:";
    static final byte[] NOTHING = new byte[0];

    Traces {
        emails = Set.copyOf(emails);
        ids = Map.copyOf(ids);
    }

    String json() {
        ObjectNode node = JSON.createObjectNode();
        ArrayNode addresses = node.putArray("emails");
        new TreeSet<>(emails).forEach(addresses::add);
        ObjectNode platforms = node.putObject("ids");
        new TreeMap<>(ids).forEach((platform, own) -> {
            ArrayNode array = platforms.putArray(platform);
            own.forEach(array::add);
        });
        return node.toString();
    }

    static Traces of(String json) {
        try {
            JsonNode node = JSON.readTree(json);
            Set<String> emails = new HashSet<>();
            node.path("emails").forEach(email -> emails.add(email.asText()));
            Map<String, Set<String>> ids = new TreeMap<>();
            node.path("ids").properties().forEach(entry -> {
                Set<String> own = new TreeSet<>();
                entry.getValue().forEach(id -> own.add(id.asText()));
                ids.put(entry.getKey(), own);
            });
            return new Traces(emails, ids);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("What is sought of a person is not JSON", e);
        }
    }

    /** Of some statements of one account. */
    static Traces of(String platform, String integration, List<CanonicalRecord> records) {
        Set<String> emails = new HashSet<>();
        Set<String> own = new TreeSet<>();
        String prefix = AccountIds.prefixOf(integration);
        for (CanonicalRecord record : records) {
            String id = record.key().externalId();
            own.add(id);
            if (id.startsWith(prefix)) {
                own.add(id.substring(prefix.length()));
            }
            if (record.fields().get("email") instanceof String email) {
                emails.add(email.strip().toLowerCase(Locale.ROOT));
            }
        }
        return new Traces(emails, Map.of(platform, own));
    }

    /** Whether a key of a record is one of theirs: an id, or an address alone or joined to others by bars. */
    boolean names(String platform, @Nullable String recordKey) {
        if (recordKey == null) {
            return false;
        }
        String bounded = '|' + recordKey.toLowerCase(Locale.ROOT) + '|';
        return ids.getOrDefault(platform, Set.of()).contains(recordKey)
                || emails.stream()
                        .anyMatch(email -> recordKey.equalsIgnoreCase(email)
                                || bounded.contains(
                                        '|' + email.replace("\\", "\\\\").replace("|", "\\|") + '|'));
    }

    /** Whether a look at a body is worth it: most deliveries are sorted out here. */
    boolean mayBeIn(Raw raw) {
        String text = raw.text();
        return names(raw.platform(), raw.recordKey())
                // an escape can stand for any letter
                || raw.form() == null && text.indexOf('\\') >= 0
                || stands(raw.platform(), text);
    }

    private boolean stands(String platform, String text) {
        return ids.getOrDefault(platform, Set.of()).stream().anyMatch(text::contains)
                || !emails.isEmpty() && emails.stream().anyMatch(text.toLowerCase(Locale.ROOT)::contains);
    }

    /**
     * A body without the person: of a pulled page or a bare list the items that are about them are taken out, any other is
     * dropped as a whole, and so is what cannot be read and has them in its text.
     *
     * @return the new body, {@link #NOTHING} where it is dropped; empty where the person is not in it
     */
    Optional<byte[]> takenOut(Raw raw) {
        JsonNode root = raw.tree();
        Set<String> own = ids.getOrDefault(raw.platform(), Set.of());
        if (names(raw.platform(), raw.recordKey()) || root == null && stands(raw.platform(), raw.text())) {
            return Optional.of(NOTHING);
        }
        if (root == null || !holds(raw, root, own)) {
            return Optional.empty();
        }
        if (!raw.isList(root)) {
            return Optional.of(NOTHING);
        }
        JsonNode left = root.deepCopy();
        List<JsonNode> taken = takeItems(left, own, true);
        withoutIncluded(left, taken);
        try {
            return Optional.of(taken.isEmpty() || holds(left, "", 0, own) ? NOTHING : JSON.writeValueAsBytes(left));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What of a body is about the person: the items of a page, or the whole; null where nothing is. */
    @Nullable
    JsonNode onlyThem(Raw raw) {
        JsonNode root = raw.tree();
        Set<String> own = ids.getOrDefault(raw.platform(), Set.of());
        if (root == null || !(names(raw.platform(), raw.recordKey()) || holds(raw, root, own))) {
            return null;
        }
        if (!raw.isList(root)) {
            return root;
        }
        ArrayNode items = JSON.createArrayNode();
        takeItems(root.deepCopy(), own, true).forEach(items::add);
        return items;
    }

    /**
     * A delivery's body, with what says how to read it.
     *
     * @param form the body, where it is one
     */
    record Raw(
            String platform,
            @Nullable String kind,
            @Nullable String recordKey,
            @Nullable FormFields form,
            byte[] body) {
        /** @param contentType as it was sent */
        static Raw of(
                String platform,
                @Nullable String kind,
                @Nullable String recordKey,
                @Nullable String contentType,
                byte[] body) {
            FormFields form = FormFields.isForm(contentType) ? FormFields.parse(body) : null;
            return new Raw(platform, kind, recordKey, form, body);
        }

        static Raw of(Delivery delivery) {
            return of(
                    delivery.platform(),
                    delivery.kind(),
                    delivery.recordKey(),
                    delivery.headers().get("content-type"),
                    delivery.body());
        }

        /** Every text and number that stands in it as a value of its own, and the parts of the key of its record. */
        Set<String> words() {
            Set<String> words = new HashSet<>();
            if (form != null) {
                words.addAll(form.texts());
            } else {
                JsonNode root = tree();
                if (root != null) {
                    addWords(root, words);
                }
            }
            if (recordKey != null) {
                words.add(recordKey);
                words.addAll(List.of(recordKey.split("\\|", -1)));
            }
            return words;
        }

        private static void addWords(JsonNode node, Set<String> words) {
            if (node.isValueNode()) {
                words.add(node.asText(""));
            }
            node.forEach(child -> addWords(child, words));
        }

        private boolean isList(JsonNode root) {
            return root.isArray() || kind != null && kind.startsWith(PULLED);
        }

        /** Without the escapes of a form. */
        private String text() {
            String all = new String(body, StandardCharsets.UTF_8);
            return form == null ? all : all + '\n' + String.join("\n", form.texts());
        }

        /** Null where it cannot be read. */
        private @Nullable JsonNode tree() {
            if (form != null) {
                JsonNode document = form.document();
                return document.isEmpty() ? null : document;
            }
            try {
                JsonNode root = JSON.readTree(body);
                return root == null || !root.isContainerNode() ? null : root;
            } catch (IOException e) {
                return null;
            }
        }
    }

    /** A document has no field that a form holds twice, so all values of a form are looked at. */
    private boolean holds(Raw raw, JsonNode root, Set<String> own) {
        return holds(root, "", 0, own)
                || raw.form() != null
                        && raw.form().texts().stream()
                                .anyMatch(text -> emails.contains(text.strip().toLowerCase(Locale.ROOT)));
    }

    private boolean holds(JsonNode node, String field, int depth, Set<String> own) {
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                if (holds(entry.getValue(), entry.getKey(), depth + 1, own)) {
                    return true;
                }
            }
            return false;
        }
        if (node.isArray()) {
            for (JsonNode element : node) {
                if (holds(element, field, element.isContainerNode() ? 0 : depth, own)) {
                    return true;
                }
            }
            return false;
        }
        String text = node.asText("").strip();
        return node.isTextual() && emails.contains(text.toLowerCase(Locale.ROOT))
                || own.contains(text) && isName(field.toLowerCase(Locale.ROOT), text, depth);
    }

    private static boolean isName(String field, String id, int depth) {
        return id.length() >= TELLING_ID_LENGTH
                ? field.endsWith("id") || field.endsWith("ids") || field.endsWith("key")
                : field.equals("id") && depth <= 2;
    }

    /** Takes the outermost items of lists that are about the person. */
    private List<JsonNode> takeItems(JsonNode node, Set<String> own, boolean mayTake) {
        List<JsonNode> taken = new ArrayList<>();
        if (node instanceof ArrayNode array && mayTake) {
            for (int i = array.size() - 1; i >= 0; i--) {
                if (holds(array.get(i), "", 0, own)) {
                    taken.add(array.remove(i));
                }
            }
            return taken;
        }
        for (JsonNode child : node) {
            taken.addAll(takeItems(child, own, true));
        }
        return taken;
    }

    /** JSON:API keeps what items refer to beside them: what only those refer to that were taken goes with them. */
    private static void withoutIncluded(JsonNode page, List<JsonNode> taken) {
        if (!(page.path("included") instanceof ArrayNode included)) {
            return;
        }
        Set<String> theirs = new HashSet<>();
        taken.forEach(item -> references(item, theirs));
        Set<String> others = new HashSet<>();
        page.path("data").forEach(item -> references(item, others));
        theirs.removeAll(others);
        for (int i = included.size() - 1; i >= 0; i--) {
            if (theirs.contains(reference(included.get(i)))) {
                included.remove(i);
            }
        }
    }

    private static void references(JsonNode node, Set<String> found) {
        if (node.has("type") && node.has("id")) {
            found.add(reference(node));
        }
        node.forEach(child -> references(child, found));
    }

    private static String reference(JsonNode node) {
        return node.path("type").asText() + '/' + node.path("id").asText();
    }
}
