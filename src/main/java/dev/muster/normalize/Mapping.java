package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.Entity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How one platform's deliveries and objects become canonical records: the sections {@code objects}, {@code kinds} and
 * {@code mapping} of its configuration file, compiled once. Immutable and safe for many threads.
 */
public final class Mapping {
    /** The transformations that need no registration. */
    private static final Map<String, FieldTransformation> BUILT_IN =
            Map.of("given-name", NamePart.GIVEN, "family-name", NamePart.FAMILY);

    private static final String HEADER = "header:";

    private final String platform;
    private final @Nullable String kindHeader;
    private final @Nullable Source kindSource;
    private final @Nullable Source items;
    private final @Nullable Source itemKind;
    private final @Nullable Source itemPayload;
    private final @Nullable Source pointer;
    private final List<FetchableObject> objects;
    private final Map<String, Handling> handlings;
    private final List<Map.Entry<String, Handling>> prefixes;
    private final Map<String, List<RecordMapping>> records;
    private final Map<String, PulledPage> pages = new HashMap<>();

    private Mapping(MappingSection root, Map<String, FieldTransformation> beans) {
        MappingSection kinds = root.child("kinds");
        kinds.allow("kind", "items", "pointer", "handle");
        this.platform = root.child("platform").requiredText();
        String kind = kinds.child("kind").text();
        this.kindHeader = kind != null && kind.startsWith(HEADER)
                ? kind.substring(HEADER.length()).strip().toLowerCase(Locale.ROOT)
                : null;
        this.kindSource = kindHeader == null ? kinds.child("kind").source(List.of()) : null;

        MappingSection item = kinds.child("items");
        item.allow("at", "kind", "payload");
        this.items = item.child("at").source(List.of());
        this.itemKind = item.child("kind").source(List.of());
        this.itemPayload = item.child("payload").source(List.of());
        if (item.present() && items == null) {
            item.problem("needs at, the path of the list");
        }

        MappingSection pointed = kinds.child("pointer");
        pointed.allow("source", "host");
        this.pointer = pointed.child("source").source(List.of());
        String host = pointed.present() ? pointed.child("host").requiredText() : null;

        Map<String, FetchableObject> named = new LinkedHashMap<>();
        root.child("objects")
                .members()
                .forEach((name, section) -> named.put(name, FetchableObject.of(name, section, host)));
        this.objects = List.copyOf(named.values());
        this.records = records(platform, root.child("mapping"), beans);

        root.child("streams").members().forEach((name, section) -> pages.put(name, page(section)));

        this.handlings = new HashMap<>();
        this.prefixes = new ArrayList<>();
        handlings(kinds.child("handle"), named);
        prefixes.sort(Comparator.comparingInt(entry -> -entry.getKey().length()));
        for (FetchableObject object : objects) {
            checkRead(root.child("objects").child(object.name()), object.name());
        }
    }

    /** As {@link #of(JsonNode, String, Map)} with no transformations of one's own. */
    public static Mapping of(JsonNode section, String file) {
        return of(section, file, Map.of());
    }

    /**
     * Compiles a platform's mapping.
     *
     * @param section the platform's whole file; keys that are not of the mapping are left alone
     * @param file its name, for messages
     * @param transformations what {@code custom:} may name beside the built-in {@code given-name}, {@code family-name}
     * @throws InvalidMapping with every problem that was found
     */
    public static Mapping of(JsonNode section, String file, Map<String, FieldTransformation> transformations) {
        List<String> problems = new ArrayList<>();
        Map<String, FieldTransformation> beans = new HashMap<>(BUILT_IN);
        beans.putAll(transformations);
        Mapping mapping = new Mapping(MappingSection.root(section, file, problems), beans);
        if (!problems.isEmpty()) {
            throw new InvalidMapping(problems);
        }
        return mapping;
    }

    private static Map<String, List<RecordMapping>> records(
            String platform, MappingSection section, Map<String, FieldTransformation> beans) {
        section.allow("region", "tables", "records");
        Map<String, Map<String, JsonNode>> tables = new HashMap<>();
        section.child("tables").members().forEach((name, table) -> tables.put(name, FieldCompiler.table(table)));
        String region = section.child("region").text();
        if (region != null && !region.equals(CountryType.code(region))) {
            section.child("region").problem("is " + region + ", and has to be an ISO 3166-1 code such as US");
        }
        FieldCompiler compiler = new FieldCompiler(platform, region, Collections.unmodifiableMap(tables), beans);
        Map<String, List<RecordMapping>> records = new HashMap<>();
        for (MappingSection item : section.child("records").items()) {
            RecordMapping mapping = RecordMapping.of(item, compiler);
            for (String name : RecordMapping.names(item.child("of"))) {
                List<RecordMapping> ofName = records.computeIfAbsent(name, any -> new ArrayList<>());
                if (mapping != null) {
                    ofName.add(mapping);
                }
            }
        }
        return records;
    }

    private void handlings(MappingSection section, Map<String, FetchableObject> named) {
        if (!section.present() && pages.isEmpty()) {
            section.problem("is missing: it says which kinds there are and what each is about");
        }
        section.members().forEach((kind, value) -> {
            value.allow("payload", "fetch", "fetched", "ignore");
            Handling handling = handling(value, named);
            if (kind.endsWith("*")) {
                prefixes.add(Map.entry(kind.substring(0, kind.length() - 1), handling));
            } else {
                handlings.put(kind, handling);
            }
        });
    }

    private Handling handling(MappingSection section, Map<String, FetchableObject> named) {
        String payload = section.child("payload").text();
        String fetch = section.child("fetch").text();
        String fetched = section.child("fetched").text();
        String ignored = section.child("ignore").text();
        boolean pointed = "pointer".equals(fetch);
        if (pointed && pointer == null) {
            section.child("fetch").problem("is pointer, which needs kinds.pointer");
        }
        FetchableObject object = fetch == null || pointed ? null : named.get(fetch);
        if (fetch != null && !pointed && object == null) {
            section.child("fetch")
                    .problem(
                            "is " + fetch + "; there are pointer, " + String.join(", ", new TreeSet<>(named.keySet())));
        }
        if (fetched != null && !Set.of("replaces", "completes").contains(fetched)) {
            section.child("fetched").problem("is " + fetched + "; there are replaces, completes");
        }
        if (ignored == null && payload == null && fetch == null) {
            section.problem("needs payload, fetch or ignore");
        }
        if (payload != null) {
            checkRead(section.child("payload"), payload);
        }
        return new Handling(payload, object, pointed, "completes".equals(fetched), ignored);
    }

    /** What of a stream says how records are made of a page; the rest is read by the chapter that pulls. */
    private PulledPage page(MappingSection section) {
        MappingSection envelope = section.child("envelope");
        envelope.allow("item", "keep");
        List<String> keep = new ArrayList<>();
        envelope.child("keep").items().forEach(item -> keep.add(item.requiredText()));
        MappingSection removed = section.child("removed");
        removed.allow("when", "record");
        if (removed.present()) {
            removed.child("when").requiredText();
        }
        String record = section.child("record").requiredText();
        if (!record.isEmpty()) {
            checkRead(section.child("record"), record);
        }
        String gone = removed.child("record").text();
        if (gone != null) {
            checkRead(removed.child("record"), gone);
        }
        Selection items = section.child("items").selection();
        return new PulledPage(
                items == null ? new Selection(Scope::node) : items,
                envelope.present() ? envelope.child("item").requiredText() : "",
                List.copyOf(keep),
                record,
                removed.child("when").selection(),
                gone == null ? "" : gone);
    }

    private void checkRead(MappingSection section, String name) {
        if (!records.containsKey(name)) {
            section.problem("is read by no record of mapping.records: " + new TreeSet<>(records.keySet()));
        }
    }

    /** The platform's id. */
    public String platform() {
        return platform;
    }

    @Nullable
    String kindHeader() {
        return kindHeader;
    }

    @Nullable
    Source kindSource() {
        return kindSource;
    }

    @Nullable
    Source items() {
        return items;
    }

    @Nullable
    Source itemKind() {
        return itemKind;
    }

    @Nullable
    Source itemPayload() {
        return itemPayload;
    }

    @Nullable
    Source pointer() {
        return pointer;
    }

    /** How records are made of a stream's pages; null where there is no such stream. */
    @Nullable
    PulledPage page(String stream) {
        return pages.get(stream);
    }

    /** What is done about a kind; null where the mapping does not know it. The longest pattern wins. */
    @Nullable
    Handling handling(String kind) {
        Handling exact = handlings.get(kind);
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<String, Handling> entry : prefixes) {
            if (kind.startsWith(entry.getKey())) {
                return entry.getValue();
            }
        }
        return null;
    }

    /** Where the object is that a sender's URL names; null where it is none of the forms we accept. */
    @Nullable
    FetchTarget pointed(String url) {
        for (FetchableObject object : objects) {
            FetchTarget target = object.pointed(url);
            if (target != null) {
                return target;
            }
        }
        return null;
    }

    /** What the first record is that is made under a name. */
    Entity entity(String name) {
        List<RecordMapping> first = records(name);
        return first.isEmpty() ? Entity.MEMBER : first.get(0).entity();
    }

    List<RecordMapping> records(String name) {
        return records.getOrDefault(name, List.of());
    }
}
