package dev.muster.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.SectionCompiler;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * How often a platform may be called: the {@code quota} section of its file.
 *
 * @param windows all hold at once, shortest first; no stretch of that length may hold more calls
 * @param concurrent calls under way at once, of all hubs
 * @param reserve percent of each window that only prompt calls may use
 * @param shared whether all integrations of the platform share it; else each credential has its own
 * @param signs where the platform says what is left; null where it does not
 * @param pause after a 429 that does not say how long; doubled with each that follows
 * @param margin by how much the clocks of hubs may differ
 * @param breaker when its calls are not made at all
 * @param part which part of the platform's calls is counted; empty for all that are not counted apart
 * @param apart calls that the platform counts for themselves
 */
public record QuotaSettings(
        List<Window> windows,
        int concurrent,
        int reserve,
        boolean shared,
        @Nullable Signs signs,
        Duration pause,
        Duration margin,
        BreakerSettings breaker,
        String part,
        List<Apart> apart) {
    private static final Set<String> KEYS =
            Set.of("windows", "concurrent", "reserve", "share", "headers", "pause", "margin", "breaker", "apart");
    private static final Pattern PART = Pattern.compile("[A-Za-z]{1,30}");
    private static final int CONCURRENT = 8;
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration MARGIN = Duration.ofMillis(20);

    /** For a platform whose file has no such section. */
    static final QuotaSettings CAREFUL = new QuotaSettings(
            List.of(new Window(5, Duration.ofSeconds(1))),
            CONCURRENT,
            0,
            false,
            null,
            PAUSE,
            MARGIN,
            BreakerSettings.USUAL);

    /** Calls to these paths, without their query, have a quota of their own and take no place in the other. */
    record Apart(Pattern path, QuotaSettings settings) {}

    /** At most so many calls in any stretch of time of this length. */
    public record Window(int calls, Duration per) {}

    /** Header names; each may be null. The reset says when what is spent comes back. */
    record Signs(
            @Nullable String limit,
            @Nullable String remaining,
            @Nullable String reset,
            Unit unit) {}

    /** What the number in a header of the reset means. */
    enum Unit {
        SECONDS,
        MILLIS,
        EPOCH_SECONDS,
        EPOCH_MILLIS,
        HTTP_DATE
    }

    public QuotaSettings {
        windows = windows.stream().sorted(Comparator.comparing(Window::per)).toList();
        apart = List.copyOf(apart);
    }

    /** All calls count together. */
    public QuotaSettings(
            List<Window> windows,
            int concurrent,
            int reserve,
            boolean shared,
            @Nullable Signs signs,
            Duration pause,
            Duration margin,
            BreakerSettings breaker) {
        this(windows, concurrent, reserve, shared, signs, pause, margin, breaker, "", List.of());
    }

    /** What holds for a call: these settings, or those of the part that it is of. */
    public QuotaSettings of(String path) {
        int query = path.indexOf('?');
        String bare = query < 0 ? path : path.substring(0, query);
        for (Apart one : apart) {
            if (one.path().matcher(bare).matches()) {
                return one.settings();
            }
        }
        return this;
    }

    /**
     * Which share of what may be called in a stretch of time so many calls are: of the tightest window, where a stretch
     * shorter than a window counts as one window. 1 is all of it; more where the platform allows more than its file says.
     *
     * @return empty where no window limits the calls
     */
    public OptionalDouble share(long calls, Duration time) {
        return windows.stream()
                .mapToDouble(window -> calls
                        / (window.calls()
                                * Math.max(
                                        1,
                                        (double) time.toMillis() / window.per().toMillis())))
                .max();
    }

    /** Under which name the calls of an integration are counted. */
    String key(String platform, String integration) {
        return platform + '/' + (shared ? "*" : integration) + (part.isEmpty() ? "" : '/' + part);
    }

    /** What compiles the section. */
    public static SectionCompiler<QuotaSettings> compiler() {
        return new SectionCompiler<>(QuotaSettings.class, Set.of("quota"), (root, file) -> {
            JsonNode section = root.path("quota");
            if (section.isMissingNode()) {
                return CAREFUL;
            }
            Reading reading = new Reading(file);
            QuotaSettings settings = reading.settings(section);
            if (!reading.problems.isEmpty()) {
                throw new ConfigException(reading.problems);
            }
            return settings;
        });
    }

    /** Collects what is wrong, so that all is told at once. */
    private static final class Reading {
        private final String file;
        private final List<ConfigProblem> problems = new ArrayList<>();

        Reading(String file) {
            this.file = file;
        }

        QuotaSettings settings(JsonNode section) {
            known(section, "quota", KEYS);
            List<Window> windows = windows(section, "quota");
            String share = section.path("share").asText("credential");
            if (!Set.of("credential", "platform").contains(share)) {
                problem("quota.share is '" + share + "': write credential or platform");
            }
            JsonNode breaker = section.path("breaker");
            known(breaker, "quota.breaker", Set.of("window", "openFor"));
            QuotaSettings all = new QuotaSettings(
                    windows,
                    number(section, "quota", "concurrent", CONCURRENT, 1, 10_000),
                    number(section, "quota", "reserve", 0, 0, 90),
                    share.equals("platform"),
                    section.has("headers") ? signs(section.path("headers")) : null,
                    duration(section, "quota", "pause", PAUSE),
                    duration(section, "quota", "margin", MARGIN),
                    new BreakerSettings(
                            number(breaker, "quota.breaker", "window", BreakerSettings.USUAL.window(), 1, 1_000),
                            duration(breaker, "quota.breaker", "openFor", BreakerSettings.USUAL.openFor())));
            List<Apart> apart = new ArrayList<>();
            section.path("apart").fields().forEachRemaining(part -> {
                Apart one = apart(all, part.getKey(), part.getValue());
                if (one != null) {
                    apart.add(one);
                }
            });
            return new QuotaSettings(
                    all.windows(),
                    all.concurrent(),
                    all.reserve(),
                    all.shared(),
                    all.signs(),
                    all.pause(),
                    all.margin(),
                    all.breaker(),
                    "",
                    apart);
        }

        private @Nullable Apart apart(QuotaSettings all, String name, JsonNode section) {
            String where = "quota.apart." + name;
            known(section, where, Set.of("path", "windows", "concurrent"));
            List<Window> windows = windows(section, where);
            if (windows.isEmpty()
                    || !section.path("path").isTextual()
                    || !PART.matcher(name).matches()) {
                problem(where + " needs a name of letters, a path (a regular expression) and windows");
                return null;
            }
            try {
                return new Apart(
                        Pattern.compile(section.path("path").textValue()),
                        new QuotaSettings(
                                windows,
                                number(section, where, "concurrent", all.concurrent(), 1, 10_000),
                                all.reserve(),
                                all.shared(),
                                null,
                                all.pause(),
                                all.margin(),
                                all.breaker(),
                                name,
                                List.of()));
            } catch (PatternSyntaxException e) {
                problem(where + ".path is no regular expression: " + e.getDescription());
                return null;
            }
        }

        private List<Window> windows(JsonNode section, String of) {
            List<Window> windows = new ArrayList<>();
            int index = 0;
            for (JsonNode window : section.path("windows")) {
                String where = of + ".windows[" + index++ + "]";
                known(window, where, Set.of("calls", "per"));
                windows.add(new Window(
                        number(window, where, "calls", 1, 1, Integer.MAX_VALUE),
                        duration(window, where, "per", Duration.ofSeconds(1))));
            }
            return windows;
        }

        private Signs signs(JsonNode headers) {
            known(headers, "quota.headers", Set.of("limit", "remaining", "reset"));
            JsonNode reset = headers.path("reset");
            Unit unit = Unit.SECONDS;
            if (reset.isObject()) {
                known(reset, "quota.headers.reset", Set.of("header", "unit"));
                String name = reset.path("unit").asText("seconds");
                try {
                    unit = Unit.valueOf(name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT));
                } catch (IllegalArgumentException e) {
                    problem("quota.headers.reset.unit is '" + name
                            + "': write seconds, millis, epochSeconds, epochMillis or httpDate");
                }
            }
            return new Signs(
                    headers.path("limit").textValue(),
                    headers.path("remaining").textValue(),
                    reset.isObject() ? reset.path("header").textValue() : reset.textValue(),
                    unit);
        }

        private void known(JsonNode section, String where, Set<String> keys) {
            section.fieldNames().forEachRemaining(name -> {
                if (!keys.contains(name)) {
                    problem(where + "." + name + " is not a key here: use " + String.join(", ", new TreeSet<>(keys)));
                }
            });
        }

        private int number(JsonNode section, String where, String key, int otherwise, int min, int max) {
            JsonNode value = section.path(key);
            if (value.isMissingNode()) {
                return otherwise;
            }
            if (value.isInt() && value.intValue() >= min && value.intValue() <= max) {
                return value.intValue();
            }
            problem(where + "." + key + " is " + value + ": write a whole number from " + min + " to " + max);
            return otherwise;
        }

        private Duration duration(JsonNode section, String where, String key, Duration otherwise) {
            JsonNode value = section.path(key);
            if (value.isMissingNode()) {
                return otherwise;
            }
            try {
                // Days are written P1D.
                Duration duration = Duration.parse(value.asText());
                if (duration.toMillis() > 0) {
                    return duration;
                }
            } catch (DateTimeParseException | ArithmeticException e) {
                // said below
            }
            problem(where + "." + key + " is " + value + ": write a time above 0 such as PT1S, PT1M or P1D");
            return otherwise;
        }

        private void problem(String message) {
            problems.add(new ConfigProblem(file, 0, message));
        }
    }
}
