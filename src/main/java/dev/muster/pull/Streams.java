package dev.muster.pull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.normalize.JqSource;
import dev.muster.normalize.MappingSection;
import dev.muster.normalize.Selection;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.SectionCompiler;
import java.text.ParseException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.quartz.CronExpression;

/** A platform's streams: the section {@code streams} of its file, compiled. */
public final class Streams {
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,62}");
    private static final int PAGES_MAX = 100_000;
    private static final Duration EVERY_LEAST = Duration.ofSeconds(1);

    private final Map<String, Stream> byName;

    private Streams(Map<String, Stream> byName) {
        this.byName = Map.copyOf(byName);
    }

    /** Reads the section; absent is a platform without streams. */
    public static SectionCompiler<Streams> compiler() {
        return new SectionCompiler<>(Streams.class, Set.of("streams"), (root, file) -> {
            List<String> problems = new ArrayList<>();
            Streams streams =
                    new Streams(read(MappingSection.root(root, file, problems).child("streams")));
            if (!problems.isEmpty()) {
                throw new ConfigException(problems.stream()
                        .map(problem -> new ConfigProblem(file, 0, problem))
                        .toList());
            }
            return streams;
        });
    }

    Optional<Stream> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** In no order. */
    List<Stream> all() {
        return List.copyOf(byName.values());
    }

    /** The streams that have a list for each record of this one. */
    List<Stream> eachOf(String name) {
        List<Stream> children = new ArrayList<>();
        for (Stream stream : byName.values()) {
            if (stream.each() != null && stream.each().stream().equals(name)) {
                children.add(stream);
            }
        }
        return children;
    }

    private static Map<String, Stream> read(MappingSection section) {
        Map<String, Stream> streams = new LinkedHashMap<>();
        Map<String, MappingSection> members = section.members();
        members.forEach((name, one) -> {
            if (!NAME.matcher(name).matches()) {
                one.problem("has a name that is not one: use letters, digits, - and _");
            }
            Stream stream = stream(name, one, members.keySet());
            if (stream != null) {
                streams.put(name, stream);
            }
        });
        for (Stream stream : streams.values()) {
            if (waitsForItself(stream, streams)) {
                section.child(stream.name())
                        .child(stream.each() == null ? "after" : "each")
                        .problem("leads back to " + stream.name() + ", so that none of them would ever begin");
            }
        }
        return streams;
    }

    private static boolean waitsForItself(Stream stream, Map<String, Stream> all) {
        Set<String> seen = new HashSet<>();
        List<String> todo = new ArrayList<>(stream.after());
        while (!todo.isEmpty()) {
            String name = todo.remove(todo.size() - 1);
            if (name.equals(stream.name())) {
                return true;
            }
            Stream before = all.get(name);
            if (before != null && seen.add(name)) {
                todo.addAll(before.after());
            }
        }
        return false;
    }

    private static @Nullable Stream stream(String name, MappingSection section, Set<String> names) {
        section.allow(
                "path",
                "method",
                "body",
                "query",
                "headers",
                "paging",
                "items",
                "envelope",
                "record",
                "incremental",
                "full",
                "schedule",
                "after",
                "each",
                "removed",
                "one");
        // items, envelope, record and removed are the mapping's, which makes records of a page
        String path = path(section.child("path"), true);
        Selection items = section.child("items").selection();
        if (items == null && !section.child("items").present()) {
            section.problem("needs items, the path of the list on a page; $root where the page is the list");
        }
        String method =
                section.child("method").present() ? section.child("method").requiredText() : "GET";
        if (!method.equals("GET") && !method.equals("POST")) {
            section.child("method").problem("is " + method + "; there are GET, POST");
        }
        JqSource body = section.child("body").compiled(JqSource::of);
        boolean hasBody = section.child("body").present();
        if (hasBody != method.equals("POST")) {
            section.problem("needs method: POST and body together, or neither of them");
        }
        Paging paging = paging(section.child("paging"), hasBody);
        Stream.Each each = each(section.child("each"), names);
        if (each == null && path != null && path.contains("{id}")) {
            section.child("path").problem("holds {id}, which needs each");
        }
        Set<String> after = new LinkedHashSet<>();
        for (MappingSection item : section.child("after").items()) {
            after.add(known(item, names));
        }
        if (each != null) {
            after.add(each.stream());
        }
        MappingSection full = section.child("full");
        full.allow("every");
        MappingSection one = section.child("one");
        one.allow("path");
        String onePath = one.present() ? path(one.child("path"), true) : null;
        if (onePath != null && !onePath.contains("{id}")) {
            one.child("path").problem("has to hold {id}, the id of the record");
        }
        Stream.Incremental incremental = incremental(section.child("incremental"), hasBody);
        Duration fullEvery = full.present() ? duration(full.child("every"), EVERY_LEAST) : null;
        Stream.Schedule schedule = schedule(section.child("schedule"));
        Map<String, String> query = texts(section.child("query"));
        Map<String, String> headers = texts(section.child("headers"));
        if (path == null || items == null || paging == null) {
            return null;
        }
        return new Stream(
                name,
                method,
                body,
                path,
                query,
                headers,
                paging,
                items,
                incremental,
                fullEvery,
                schedule,
                List.copyOf(after),
                each,
                onePath);
    }

    private static String known(MappingSection item, Set<String> names) {
        String name = item.requiredText();
        if (!names.contains(name)) {
            item.problem("is " + name + "; there are " + String.join(", ", names));
        }
        return name;
    }

    private static @Nullable String path(MappingSection section, boolean required) {
        String path = required ? section.requiredText() : section.text();
        if (path != null && !path.isEmpty() && (!path.startsWith("/") || path.startsWith("//"))) {
            section.problem("is " + path + ": begin with one slash, behind the host of the account");
            return null;
        }
        return path == null || path.isEmpty() ? null : path;
    }

    private static Map<String, String> texts(MappingSection section) {
        Map<String, String> texts = new LinkedHashMap<>();
        section.members().forEach((name, value) -> {
            String text = value.text();
            texts.put(name, text == null ? "" : text);
        });
        return texts;
    }

    private static @Nullable Paging paging(MappingSection section, boolean hasBody) {
        section.allow(
                "kind",
                "parameter",
                "first",
                "size",
                "last",
                "total",
                "lastHeader",
                "totalHeader",
                "next",
                "more",
                "pagesMax");
        Paging.Kind kind = section.present() ? kind(section.child("kind")) : Paging.Kind.NONE;
        if (kind == null) {
            return null;
        }
        MappingSection size = section.child("size");
        size.allow("parameter", "value");
        String parameter = section.child("parameter").text();
        Paging paging = new Paging(
                kind,
                parameter == null ? "" : parameter,
                number(section.child("first"), kind == Paging.Kind.OFFSET ? 0 : 1, 0, Integer.MAX_VALUE),
                size.present() && !hasBody ? size.child("parameter").requiredText() : "",
                size.present() ? number(size.child("value"), 0, 1, 100_000) : 0,
                section.child("last").selection(),
                section.child("total").selection(),
                header(section.child("lastHeader")),
                header(section.child("totalHeader")),
                section.child("next").selection(),
                section.child("more").selection(),
                number(section.child("pagesMax"), PAGES_MAX, 1, 10_000_000));
        if (size.present() && paging.size() == 0) {
            size.child("value").problem("has to be a whole number from 1 to 100000");
        }
        check(paging, section, hasBody);
        return paging;
    }

    private static void check(Paging paging, MappingSection section, boolean hasBody) {
        boolean sends = paging.kind().isNumbered()
                || paging.kind() == Paging.Kind.CURSOR
                || paging.kind() == Paging.Kind.CONTINUATION;
        if (hasBody && (paging.kind().isAddress() || !paging.parameter().isEmpty())) {
            section.problem(
                    "has a body, which says the place: kind is none of next and link, and parameter is left out");
        }
        if (sends && !hasBody && paging.parameter().isEmpty()) {
            section.problem("needs parameter, in which the place of a page is sent");
        }
        switch (paging.kind()) {
            case PAGE -> {
                if (paging.last() == null && paging.total() == null) {
                    section.problem("needs last or total, which say where the list ends; else write kind: untilEmpty");
                }
            }
            case HEADER -> {
                if (paging.lastHeader().isEmpty() && paging.totalHeader().isEmpty()) {
                    section.problem("needs lastHeader (how many pages) or totalHeader (how many items)");
                }
            }
            case CURSOR, NEXT, CONTINUATION -> {
                if (paging.next() == null) {
                    section.problem("needs next, the path of what names the next page");
                }
            }
            default -> {}
        }
    }

    private static Paging.@Nullable Kind kind(MappingSection section) {
        String text = section.requiredText();
        for (Paging.Kind kind : Paging.Kind.values()) {
            if (name(kind).equals(text)) {
                return kind;
            }
        }
        List<String> names = new ArrayList<>();
        for (Paging.Kind kind : Paging.Kind.values()) {
            names.add(name(kind));
        }
        section.problem("is " + text + "; there are " + String.join(", ", names));
        return null;
    }

    private static String name(Paging.Kind kind) {
        return kind == Paging.Kind.UNTIL_EMPTY ? "untilEmpty" : kind.name().toLowerCase(Locale.ROOT);
    }

    private static String header(MappingSection section) {
        String text = section.text();
        return text == null ? "" : text.toLowerCase(Locale.ROOT);
    }

    private static Stream.@Nullable Each each(MappingSection section, Set<String> names) {
        section.allow("stream", "id");
        if (!section.present()) {
            return null;
        }
        String stream = known(section.child("stream"), names);
        section.child("id").requiredText();
        Selection id = section.child("id").selection();
        return id == null ? null : new Stream.Each(stream, id);
    }

    private static Stream.@Nullable Incremental incremental(MappingSection section, boolean hasBody) {
        section.allow("cursor", "parameter", "value", "format", "overlap", "ordered", "replaces");
        if (!section.present()) {
            return null;
        }
        section.child("cursor").requiredText();
        Selection cursor = section.child("cursor").selection();
        String parameter = hasBody ? "" : section.child("parameter").requiredText();
        if (hasBody
                && (section.child("parameter").present()
                        || section.child("value").present())) {
            section.problem("belongs to a stream with a body, which says .since: leave parameter and value out");
        }
        String value = section.child("value").text();
        if (value != null && !value.contains("{since}")) {
            section.child("value").problem("has to hold {since}");
        }
        CursorFormat format = section.child("format").present()
                ? section.child("format").compiled(CursorFormat::of)
                : CursorFormat.of("iso");
        Duration overlap = section.child("overlap").present()
                ? duration(section.child("overlap"), Duration.ZERO)
                : Duration.ofMinutes(5);
        if (cursor == null || format == null || overlap == null) {
            return null;
        }
        return new Stream.Incremental(
                cursor,
                parameter,
                value == null ? "{since}" : value,
                section.child("replaces").flag(),
                format,
                overlap,
                section.child("ordered").flag());
    }

    private static Stream.@Nullable Schedule schedule(MappingSection section) {
        section.allow("every", "cron");
        if (!section.present()) {
            return null;
        }
        if (section.child("every").present() == section.child("cron").present()) {
            section.problem("needs either every, such as PT15M, or cron, such as 0 */15 * * * ?");
            return null;
        }
        if (section.child("every").present()) {
            Duration every = duration(section.child("every"), EVERY_LEAST);
            return every == null ? null : new Stream.Every(every);
        }
        return section.child("cron").compiled(text -> {
            try {
                CronExpression expression = new CronExpression(text);
                expression.setTimeZone(TimeZone.getTimeZone("UTC"));
                return new Stream.Cron(expression);
            } catch (ParseException e) {
                throw new IllegalArgumentException("is '" + text + "': " + e.getMessage()
                        + "; write seconds, minutes, hours, day, month, weekday, such as 0 */15 * * * ?");
            }
        });
    }

    private static @Nullable Duration duration(MappingSection section, Duration least) {
        return section.compiled(text -> {
            try {
                Duration duration = Duration.parse(text);
                if (duration.compareTo(least) >= 0) {
                    return duration;
                }
            } catch (DateTimeException e) {
                // said below
            }
            throw new IllegalArgumentException(
                    "is '" + text + "': write a duration such as PT15M for 15 minutes or P7D for a week");
        });
    }

    private static int number(MappingSection section, int otherwise, int least, int most) {
        JsonNode value = section.node();
        if (!section.present()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < least || value.asInt() > most) {
            section.problem("has to be a whole number from " + least + " to " + most);
            return otherwise;
        }
        return value.asInt();
    }
}
