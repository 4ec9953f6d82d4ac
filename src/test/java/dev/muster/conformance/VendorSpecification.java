package dev.muster.conformance;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.model.Request;
import com.atlassian.oai.validator.model.SimpleRequest;
import com.atlassian.oai.validator.model.SimpleResponse;
import com.atlassian.oai.validator.report.LevelResolver;
import com.atlassian.oai.validator.report.ValidationReport;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.demo.ApiExchange;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/**
 * A vendor's own OpenAPI description, against which calls and answers are held. The descriptions are not part of the
 * project: they lie beside it, and where one is absent the tests that ask for it are skipped.
 */
public final class VendorSpecification {
    /**
     * A vendor's specification that is wrong or silent in one place.
     *
     * @param problem what a problem looks like that is waived
     * @param reason why the specification is not right there
     */
    private record Waiver(Pattern problem, String reason) {}

    /**
     * What has to be known beside the file.
     *
     * @param basePath below which the paths of the specification lie
     * @param outside paths that the vendor has and its specification does not, as regular expression; empty for none
     */
    private record Vendor(String basePath, String outside, List<Waiver> waivers, List<Repair> repairs) {
        Vendor(String basePath, String outside, List<Waiver> waivers) {
            this(basePath, outside, waivers, List.of());
        }
    }

    /**
     * A part of a vendor's specification that no reader takes, and that is left out.
     *
     * @param part JSON pointer to it
     */
    private record Repair(String part, String reason) {}

    private static final Map<String, Vendor> VENDORS = Map.of(
            "classy",
            new Vendor(
                    "/2.0",
                    // the token endpoint is described as a security scheme only
                    "/oauth2/auth",
                    List.of(
                            waived(
                                    "Query parameter '(sort|filter)' is unexpected",
                                    "filters and sorts are described in the documentation's prose only"),
                            waived(
                                    "Response status (400|401|405|422|429|500|503) not defined",
                                    "described in the documentation's prose only"),
                            waived(
                                    "is not a valid email address.* at .*/email_address",
                                    "what a supporter typed is not checked: some is no address"),
                            waived(
                                    "Instance type \\(string\\).* at .*/pp_fees_amount",
                                    "recorded answers have this amount as text"),
                            waived(
                                    "Instance type \\(null\\).*\\[\"object\"\\].* at .*/metadata",
                                    "it is marked nullable beside a oneOf that is not"))),
            "mailchimp",
            new Vendor(
                    "/3.0",
                    "/oauth2/.*",
                    List.of(
                            waived(
                                    "\"\" is invalid against requested date format",
                                    "an unset time comes as an empty text"),
                            waived(
                                    "allowed: \\[\"object\"\\]\\) at .*/merge_fields/\\w+$",
                                    "a merge field's value has a schema without a type, which the validator takes for"
                                            + " an object")),
                    List.of(new Repair(
                            "/paths/~1lists~1{list_id}~1members~1{subscriber_hash}~1activity-feed/get/parameters/6/enum",
                            "the values of activity_filters are lists within a list"))),
            "hubspot",
            new Vendor(
                    "",
                    "/oauth/authorize.*",
                    List.of(
                            waived(
                                    "Instance type \\(null\\).* at .*/properties/\\w+$",
                                    "a property that is named and not set comes as null"),
                            waived(
                                    " 429: Object has missing required properties \\(\\[\"category\"\\]\\)",
                                    "described in the documentation's prose only: errorType and policyName"))),
            "klaviyo",
            new Vendor(
                    "",
                    "/oauth/.*",
                    List.of(
                            waived(
                                    "Instance type \\(null\\).* at /data/(\\d+/)?attributes/location/(lat|long)itude$",
                                    "recorded answers have null for what is unset"),
                            waived(
                                    "Instance type \\(null\\).* at /links/(next|prev)$",
                                    "recorded answers have null where there is no such page"),
                            waived(
                                    "Instance type \\(null\\).* at .*/attributes/subscriptions/(sms|mobile_push)$",
                                    "nullable there beside a reference, which the validator passes over"))),
            "discord",
            new Vendor("/api/v10", "/api/v10/oauth2/.*|/oauth2/.*", List.of()));

    private static final Path PROJECT = Path.of(System.getProperty("basedir", System.getProperty("user.dir")));
    private static final Path FOLDER =
            PROJECT.resolve("../shared/contracts/openapi").normalize();
    /** They take a hundred megabytes together: kept while there is room. */
    private static final Map<String, SoftReference<VendorSpecification>> LOADED = new ConcurrentHashMap<>();

    private final Vendor vendor;
    private final OpenApiInteractionValidator requests;
    private final OpenApiInteractionValidator answers;

    private VendorSpecification(Vendor vendor, String text) {
        this.vendor = vendor;
        // who may call is the simulator's affair
        this.requests = validator(vendor, text, "validation.request.security");
        // vendors add members, and their specifications were trimmed
        this.answers = validator(vendor, text, "validation.schema.additionalProperties");
    }

    private static OpenApiInteractionValidator validator(Vendor vendor, String text, String ignored) {
        return OpenApiInteractionValidator.createForInlineApiSpecification(text)
                .withBasePathOverride(vendor.basePath())
                .withLevelResolver(LevelResolver.create()
                        .withLevel(ignored, ValidationReport.Level.IGNORE)
                        .build())
                .build();
    }

    private static Waiver waived(String problem, String reason) {
        return new Waiver(Pattern.compile(problem), reason);
    }

    /**
     * The specification of a vendor; where its file is absent, the test that asks is skipped.
     *
     * @param vendor such as {@code mailchimp}
     */
    public static VendorSpecification of(String vendor) {
        Optional<VendorSpecification> found = find(vendor);
        Assumptions.assumeTrue(
                found.isPresent(), () -> "Skipped: the specification " + vendor + ".json is not beside the project");
        return found.orElseThrow();
    }

    /** As {@link #of}; nothing where the file is absent. */
    public static Optional<VendorSpecification> find(String vendor) {
        Vendor known = VENDORS.get(vendor);
        if (known == null) {
            throw new IllegalArgumentException("No vendor " + vendor + "; add it to VendorSpecification.VENDORS");
        }
        Path file = FOLDER.resolve(vendor + ".json");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        SoftReference<VendorSpecification> kept = LOADED.get(vendor);
        VendorSpecification loaded = kept == null ? null : kept.get();
        if (loaded == null) {
            try {
                loaded = new VendorSpecification(known, repaired(known, file));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
            LOADED.put(vendor, new SoftReference<>(loaded));
        }
        return Optional.of(loaded);
    }

    private static String repaired(Vendor vendor, Path file) throws IOException {
        JsonNode whole = new ObjectMapper().readTree(file.toFile());
        for (Repair repair : vendor.repairs()) {
            JsonPointer part = JsonPointer.compile(repair.part());
            ((ObjectNode) whole.at(part.head())).remove(part.last().getMatchingProperty());
        }
        return whole.toString();
    }

    /**
     * Holds one call and its answer against the specification.
     *
     * @param pathWithQuery as it was asked, from the first slash
     * @return the problems of both, a sentence each; none where all is well or the vendor describes no such path
     */
    public List<String> check(
            String method,
            String pathWithQuery,
            Map<String, String> requestHeaders,
            byte[] requestBody,
            int status,
            Map<String, String> responseHeaders,
            byte[] responseBody) {
        return problems(
                new ApiExchange(
                        method, pathWithQuery, requestHeaders, requestBody, status, responseHeaders, responseBody),
                true);
    }

    /** As {@link #check}, of several, each problem once. */
    public Set<String> check(Collection<ApiExchange> exchanges) {
        Set<String> problems = new LinkedHashSet<>();
        exchanges.forEach(exchange -> problems.addAll(problems(exchange, true)));
        return problems;
    }

    /** As {@link #check}, but a call that the platform refused for its own fault (4xx, not 429) may be as it likes. */
    public Set<String> checkAnswers(Collection<ApiExchange> exchanges) {
        Set<String> problems = new LinkedHashSet<>();
        for (ApiExchange exchange : exchanges) {
            boolean refused = exchange.status() >= 400 && exchange.status() < 500 && exchange.status() != 429;
            problems.addAll(problems(exchange, !refused));
        }
        return problems;
    }

    private List<String> problems(ApiExchange exchange, boolean requestToo) {
        QueryStringDecoder address = new QueryStringDecoder(exchange.path());
        if (address.rawPath().matches(vendor.outside())) {
            return List.of();
        }
        SimpleRequest.Builder request = new SimpleRequest.Builder(exchange.method(), address.rawPath());
        address.parameters().forEach(request::withQueryParam);
        exchange.requestHeaders().forEach(request::withHeader);
        if (exchange.requestBody().length > 0) {
            request.withBody(exchange.requestBody());
        }
        SimpleResponse.Builder response = SimpleResponse.Builder.status(exchange.status());
        exchange.responseHeaders().forEach(response::withHeader);
        if (exchange.responseBody().length > 0) {
            response.withBody(exchange.responseBody());
        }
        List<ValidationReport.Message> messages = new ArrayList<>();
        answers.validateResponse(address.rawPath(), Request.Method.valueOf(exchange.method()), response.build())
                .getMessages()
                .forEach(message -> leaves(message, messages));
        if (requestToo) {
            requests.validateRequest(request.build()).getMessages().forEach(message -> leaves(message, messages));
        } else if (messages.stream().allMatch(VendorSpecification::unknownOperation)) {
            // the platform refused a path or method that it does not have
            return List.of();
        }
        List<String> problems = new ArrayList<>();
        for (ValidationReport.Message message : messages) {
            String problem = exchange.method() + " " + exchange.path() + " " + exchange.status() + ": "
                    + message.getMessage()
                    + message.getContext()
                            .flatMap(ValidationReport.MessageContext::getPointers)
                            .map(pointers -> " at " + pointers.getInstance())
                            .orElse("");
            if (message.getLevel() == ValidationReport.Level.ERROR
                    && vendor.waivers().stream()
                            .noneMatch(
                                    waiver -> waiver.problem().matcher(problem).find())) {
                problems.add(problem);
            }
        }
        return problems;
    }

    /** A composition fails as a whole; what is wrong in it are the messages within. */
    private static void leaves(ValidationReport.Message message, List<ValidationReport.Message> leaves) {
        if (message.getNestedMessages().isEmpty()) {
            leaves.add(message);
        } else {
            message.getNestedMessages().forEach(nested -> leaves(nested, leaves));
        }
    }

    private static boolean unknownOperation(ValidationReport.Message message) {
        return message.getKey().equals("validation.request.path.missing")
                || message.getKey().equals("validation.request.operation.notAllowed");
    }
}
