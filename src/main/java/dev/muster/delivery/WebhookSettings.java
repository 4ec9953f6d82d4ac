package dev.muster.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code webhook} of a platform's file: how its deliveries are recognised, verified and understood.
 *
 * @param signature how the platform proves that a delivery is its own
 * @param mustAgree headers that must say what the signed body says
 * @param secrets what is taken out before anything is stored
 * @param answers what it asks of the endpoint beside taking deliveries
 * @param kindAndRecord what happened, and to which object
 * @param uniqueIds what its contract calls unique
 * @param coalesce how long to wait for more deliveries about the same record before working once for all; zero for not
 *     at all
 * @param allow from which addresses it delivers
 * @param limit how many requests one address may make; null for the hub's default
 */
public record WebhookSettings(
        SignatureSettings signature,
        AgreeingFields mustAgree,
        SecretPlaces secrets,
        EndpointAnswers answers,
        KindAndRecord kindAndRecord,
        UniqueIds uniqueIds,
        Duration coalesce,
        AddressAllowlist allow,
        @Nullable Limit limit) {

    private static final Duration COALESCE_MAX = Duration.ofMinutes(10);

    /**
     * How many requests one address may make.
     *
     * @param burst at once, after a pause
     * @param requests how many more with every period
     * @param period the period
     */
    public record Limit(int burst, int requests, Duration period) {}

    /**
     * What came of reading a section.
     *
     * @param settings empty where there is any problem
     * @param problems each with the file, the place in it, what is wrong and what would be right
     */
    public record Reading(Optional<WebhookSettings> settings, List<String> problems) {}

    /**
     * Reads the section and finds all its problems at once.
     *
     * @param section the value of the key {@code webhook}
     * @param file the file it is from, for the problems
     */
    public static Reading of(JsonNode section, String file) {
        List<String> problems = new ArrayList<>();
        WebhookSettings settings = read(new Section(section, "/webhook", problems));
        List<String> told =
                problems.stream().map(problem -> file + ": " + problem).toList();
        return new Reading(told.isEmpty() ? Optional.ofNullable(settings) : Optional.empty(), told);
    }

    private static @Nullable WebhookSettings read(Section section) {
        SignatureSettings signature = null;
        if (section.has("signature")) {
            signature = SignatureSettings.read(section.section("signature"));
        } else {
            section.problem("signature is missing: without it anybody could write here; "
                    + "a platform that signs nothing needs {scheme: path}, a secret in its URL");
        }
        AgreeingFields mustAgree = AgreeingFields.read(section);
        SecretPlaces secrets = SecretPlaces.read(section, signature);
        EndpointAnswers answers = EndpointAnswers.read(section);
        KindAndRecord kindAndRecord = KindAndRecord.read(section);
        UniqueIds uniqueIds = UniqueIds.read(section);
        Duration coalesce = section.duration("coalesce");
        if (coalesce != null && coalesce.compareTo(COALESCE_MAX) > 0) {
            section.problem(
                    "coalesce", "is longer than " + COALESCE_MAX + ": changes would come in too late to be of use");
        }
        if (coalesce != null && !coalesce.isZero() && !kindAndRecord.namesRecord()) {
            section.problem("coalesce", "needs record: by what would deliveries be found to be about the same object?");
        }
        AddressAllowlist allow = allow(section);
        Limit limit = section.has("limit") ? limit(section.section("limit")) : null;
        section.end();
        return signature == null
                ? null
                : new WebhookSettings(
                        signature,
                        mustAgree,
                        secrets,
                        answers,
                        kindAndRecord,
                        uniqueIds,
                        coalesce == null ? Duration.ZERO : coalesce,
                        allow,
                        limit);
    }

    private static AddressAllowlist allow(Section section) {
        List<String> problems = new ArrayList<>();
        AddressRanges ranges = AddressRanges.of(section.texts("allow"), problems);
        problems.forEach(problem -> section.problem("allow", problem));
        return new AddressAllowlist(ranges);
    }

    private static @Nullable Limit limit(Section section) {
        Integer requests = section.number("requests", 1, 1_000_000);
        Integer burst = section.number("burst", 1, 1_000_000);
        Duration period = section.duration("period");
        section.end();
        if (requests == null) {
            section.problem("requests is missing: how many may one address make in a period?");
            return null;
        }
        if (period != null && period.isZero()) {
            section.problem("period", "must be longer than nothing");
            return null;
        }
        return new Limit(burst == null ? requests : burst, requests, period == null ? Duration.ofSeconds(1) : period);
    }
}
