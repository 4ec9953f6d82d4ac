package dev.muster.admin;

import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API for operators. A request goes to the one operation of the {@link Contract} that it names, after the contract has
 * passed it; whatever is asked is answered: with what the contract describes, or with RFC 9457 problem details.
 */
public final class AdminApi {
    private static final Logger LOG = LoggerFactory.getLogger(AdminApi.class);
    private static final String CONTRACT = "readContract";
    private static final String ETAG = "ETag";
    private static final int ETAG_BYTES = 12;

    private final AdminToken token;
    private final Map<String, ApiHandler> handlers = new HashMap<>();
    private @Nullable Contract contract;
    private @Nullable HttpAnswer document;

    /** @param resources who answers, each for operations of its own */
    public AdminApi(AdminToken token, List<AdminResource> resources) {
        this.token = token;
        handlers.put(CONTRACT, call -> document());
        resources.forEach(resource -> resource.handlers().forEach((operation, handler) -> {
            if (handlers.put(operation, handler) != null) {
                throw new IllegalStateException("The operation " + operation + " has two handlers");
            }
        }));
    }

    /** Answers a request; never throws. */
    public HttpAnswer answer(AdminRequest request) {
        try {
            Contract.Match match = contract().match(request.method(), request.path());
            ContractOperation operation = match.operation();
            boolean open = operation != null && operation.isOpen();
            if (!open && !token.opens(request.headers().get("authorization"))) {
                return withoutToken(request);
            }
            if (operation == null) {
                return nowhere(request, match.methods());
            }
            operation.checkPath(match.values());
            ApiCall call = new ApiCall(
                    request,
                    match.values(),
                    operation.query(request.query()),
                    operation.body(request.header("content-type"), request.body()));
            HttpAnswer answer = handler(operation).answer(call);
            return operation.isRead() && answer.status() == 200 ? unlessKnown(request, answer) : answer;
        } catch (RuntimeException e) {
            return Problem.of(e);
        }
    }

    /** Read when it is first needed: a hub that nobody asks starts without it. */
    private synchronized Contract contract() {
        Contract known = contract;
        if (known == null) {
            known = Contract.load();
            Set<String> strangers = new TreeSet<>(handlers.keySet());
            strangers.removeAll(known.operationIds());
            if (!strangers.isEmpty()) {
                throw new IllegalStateException("The contract does not describe what these answer: " + strangers);
            }
            contract = known;
        }
        return known;
    }

    private synchronized HttpAnswer document() {
        HttpAnswer known = document;
        if (known == null) {
            known = HttpAnswer.ok(contract().document());
            document = known;
        }
        return known;
    }

    private ApiHandler handler(ContractOperation operation) {
        ApiHandler handler = handlers.get(operation.id());
        if (handler == null) {
            throw new IllegalStateException("Nobody answers " + operation.id());
        }
        return handler;
    }

    private static HttpAnswer withoutToken(AdminRequest request) {
        boolean given = !request.header("authorization").isEmpty();
        String detail = given
                ? "The token of the header 'Authorization: Bearer TOKEN' is not this hub's admin token"
                : "Send the header 'Authorization: Bearer TOKEN' with the admin token (MUSTER_ADMIN_TOKEN)";
        if (given) {
            LOG.warn("Admin API: a wrong token came from {}", request.peer());
        }
        return with(
                Problem.of(new Refusal(FailureCode.UNAUTHORIZED, 401, detail)),
                "WWW-Authenticate",
                "Bearer realm=\"muster\"");
    }

    private static HttpAnswer nowhere(AdminRequest request, Set<String> methods) {
        if (methods.isEmpty()) {
            return Problem.of(new Refusal(
                    FailureCode.UNKNOWN_ENDPOINT,
                    404,
                    "There is nothing at /api/" + Problem.clip(String.join("/", request.path()))
                            + "; /api/openapi.json says what there is"));
        }
        String allowed = String.join(", ", methods);
        return with(
                Problem.of(new Refusal(
                        FailureCode.METHOD_NOT_ALLOWED,
                        405,
                        "This resource takes " + allowed + "; " + Problem.clip(request.method()) + " is not one")),
                "Allow",
                allowed);
    }

    /** The answer with its ETag, or that it is what the caller has already. */
    private static HttpAnswer unlessKnown(AdminRequest request, HttpAnswer answer) {
        String etag = '"' + answer.headers().getOrDefault(ETAG, "") + digest(answer.body()) + '"';
        boolean known = Arrays.stream(request.header("if-none-match").split(","))
                .map(one -> one.strip().replaceFirst("^W/", ""))
                .anyMatch(etag::equals);
        return with(known ? new HttpAnswer(304, "", "", answer.headers()) : answer, ETAG, etag);
    }

    private static String digest(String body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, ETAG_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }

    private static HttpAnswer with(HttpAnswer answer, String header, String value) {
        Map<String, String> headers = new TreeMap<>(answer.headers());
        headers.put(header, value);
        return new HttpAnswer(answer.status(), answer.contentType(), answer.body(), headers);
    }
}
