package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * An object that can be fetched, compiled. Its address is always built anew of the mapping's own path and of ids that
 * match their pattern, so that no sender can choose where a request goes.
 */
final class FetchableObject {
    private static final String ID_DEFAULT = "[A-Za-z0-9_-]{1,100}";
    /** What an id may ever be made of: nothing that means something in a path or a query. */
    private static final Pattern ID_SAFE = Pattern.compile("[A-Za-z0-9._~-]{1,200}");

    private static final Duration READABLE_WITHIN_MAX = Duration.ofHours(1);

    /** @param hashed whether the object is known by the MD5 of the value, written in lower case */
    private record Id(String name, Pattern pattern, List<Source> sources, boolean hashed) {}

    private record Pointer(Pattern pattern, List<String> ids) {}

    private final String name;
    private final List<String> texts;
    private final List<String> order;
    private final Map<String, Id> ids;
    private final List<Pointer> pointers;
    private final @Nullable Source unless;
    private final Duration readableWithin;

    private FetchableObject(
            String name,
            List<String> texts,
            List<String> order,
            Map<String, Id> ids,
            List<Pointer> pointers,
            @Nullable Source unless,
            Duration readableWithin) {
        this.name = name;
        this.texts = List.copyOf(texts);
        this.order = List.copyOf(order);
        this.ids = Map.copyOf(ids);
        this.pointers = List.copyOf(pointers);
        this.unless = unless;
        this.readableWithin = readableWithin;
    }

    /** @param host the only host that a pointer may name; null where the platform sends no pointers */
    static FetchableObject of(String name, MappingSection section, @Nullable String host) {
        section.allow("path", "query", "ids", "pointers", "unless", "readableWithin");
        String path = section.child("path").requiredText();
        if (!path.isEmpty() && !path.startsWith("/")) {
            section.child("path").problem("has to begin with /, below the integration's base URL");
        }
        List<String> texts = new ArrayList<>();
        List<String> order = new ArrayList<>();
        split(section.child("path"), path, texts, order);
        String query = section.child("query").text();
        if (query != null && !texts.isEmpty()) {
            texts.set(texts.size() - 1, texts.get(texts.size() - 1) + "?" + query);
        }
        Map<String, Id> ids = ids(section.child("ids"));
        order.forEach(id -> ids.computeIfAbsent(id, FetchableObject::defaultId));
        List<Pointer> pointers = new ArrayList<>();
        for (MappingSection item : section.child("pointers").items()) {
            if (host == null) {
                item.problem("needs kinds.pointer.host, the only host that is believed");
            } else {
                pointers.add(pointer(item, host, order, ids));
            }
        }
        Duration readableWithin = section.child("readableWithin").compiled(FetchableObject::duration);
        return new FetchableObject(
                name,
                texts,
                order,
                ids,
                pointers,
                section.child("unless").source(List.of()),
                readableWithin == null ? Duration.ZERO : readableWithin);
    }

    private static Id defaultId(String name) {
        return new Id(name, Pattern.compile(ID_DEFAULT), List.of(), false);
    }

    private static Map<String, Id> ids(MappingSection section) {
        Map<String, Id> ids = new LinkedHashMap<>();
        section.members().forEach((name, value) -> {
            value.allow("pattern", "source", "hash");
            String hash = value.child("hash").text();
            if (hash != null && !hash.equals("md5")) {
                value.child("hash").problem("is " + hash + "; there is md5");
            }
            Pattern pattern = value.child("pattern").compiled(FetchableObject::pattern);
            ids.put(
                    name,
                    new Id(
                            name,
                            pattern == null ? Pattern.compile(ID_DEFAULT) : pattern,
                            value.child("source").sources(List.of()),
                            hash != null));
        });
        return ids;
    }

    private static Pattern pattern(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException wrong) {
            throw new IllegalArgumentException("is not a regular expression: " + wrong.getDescription());
        }
    }

    private static Duration duration(String text) {
        try {
            Duration duration = Duration.parse(text);
            if (!duration.isNegative() && duration.compareTo(READABLE_WITHIN_MAX) <= 0) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            // said below
        }
        throw new IllegalArgumentException("is no duration up to " + READABLE_WITHIN_MAX + ": write one such as PT30S");
    }

    private static void split(MappingSection section, String path, List<String> texts, List<String> order) {
        int at = 0;
        int open = path.indexOf('{');
        while (open >= 0) {
            int close = path.indexOf('}', open);
            if (close < 0) {
                section.problem("has a { without its } in " + path);
                break;
            }
            texts.add(path.substring(at, open));
            order.add(path.substring(open + 1, close));
            at = close + 1;
            open = path.indexOf('{', at);
        }
        texts.add(path.substring(at));
    }

    private static Pointer pointer(MappingSection item, String host, List<String> needed, Map<String, Id> ids) {
        List<String> texts = new ArrayList<>();
        List<String> names = new ArrayList<>();
        split(item, item.requiredText(), texts, names);
        for (String id : needed) {
            if (!names.contains(id)) {
                item.problem("does not give {" + id + "}, which the object's path needs");
            }
        }
        // https, exactly this host, no user, no port but 443, no query, no fragment: all of it by one pattern
        StringBuilder url = new StringBuilder("https://" + Pattern.quote(host) + "(?::443)?");
        for (int i = 0; i < texts.size(); i++) {
            url.append(Pattern.quote(texts.get(i)));
            if (i < names.size()) {
                ids.computeIfAbsent(names.get(i), FetchableObject::defaultId);
                url.append("([^/?#]{1,200})");
            }
        }
        return new Pointer(Pattern.compile(url.toString()), names);
    }

    String name() {
        return name;
    }

    /** Where the object is that a sender's URL names; null where the URL is none of this object's forms. */
    @Nullable
    FetchTarget pointed(String url) {
        for (Pointer pointer : pointers) {
            Matcher matcher = pointer.pattern().matcher(url);
            if (matcher.matches()) {
                Map<String, String> values = new LinkedHashMap<>();
                for (int i = 0; i < pointer.ids().size(); i++) {
                    values.put(pointer.ids().get(i), matcher.group(i + 1));
                }
                boolean valid = values.entrySet().stream().allMatch(entry -> valid(entry.getKey(), entry.getValue()));
                if (valid) {
                    return target(values);
                }
            }
        }
        return null;
    }

    /** Where the object is whose ids a payload holds; null where it holds none or already holds the object. */
    @Nullable
    FetchTarget heldBy(Scope scope) {
        if (unless != null && !ValueType.isBlank(unless.read(scope))) {
            return null;
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String id : order) {
            String value = value(id, scope);
            if (value == null) {
                return null;
            }
            values.put(id, value);
        }
        return target(values);
    }

    private @Nullable String value(String id, Scope scope) {
        Id known = ids.get(id);
        if (known != null) {
            for (Source source : known.sources()) {
                JsonNode value = source.read(scope);
                if (value.isTextual() || value.isIntegralNumber()) {
                    String text = known.hashed() ? hash(value.asText()) : value.asText();
                    if (!value.asText().isBlank() && valid(id, text)) {
                        return text;
                    }
                }
            }
        }
        return null;
    }

    /** No protection of anything: some platforms file records under it. */
    private static String hash(String text) {
        try {
            byte[] lower = text.strip().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(lower));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK has no MD5", e);
        }
    }

    private boolean valid(String id, String value) {
        Id known = ids.get(id);
        return known != null
                && ID_SAFE.matcher(value).matches()
                // a dot alone would climb in the path
                && !value.equals(".")
                && !value.equals("..")
                && known.pattern().matcher(value).matches();
    }

    private FetchTarget target(Map<String, String> values) {
        StringBuilder path = new StringBuilder(texts.get(0));
        for (int i = 0; i < order.size(); i++) {
            path.append(values.get(order.get(i))).append(texts.get(i + 1));
        }
        return new FetchTarget(name, path.toString(), readableWithin);
    }
}
