package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Access;
import dev.muster.access.Caller;
import dev.muster.canonical.FieldSeal;
import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The API for operators. A request goes to the one operation of the {@link Contract} that it names, after the contract has
 * passed it; whatever is asked is answered: with what the contract describes, or with RFC 9457 problem details.
 */
public final class AdminApi {
    private static final String CONTRACT = "readContract";
    private static final String ORGANIZATION = "organization";
    private static final int ATTEMPTS_MAX = 3;
    private static final int KEY_MAX = 255;
    private static final int TRY_AGAIN = 429;
    static final String ETAG = "ETag";
    private static final int ETAG_BYTES = 12;

    private final Access access;
    private final IdempotencyStore requests;
    private final SecretsShown secrets;
    private final Map<String, ApiHandler> handlers = new HashMap<>();
    private @Nullable Contract contract;
    private @Nullable HttpAnswer document;

    /**
     * @param seal of secret fields
     * @param resources who answers, each for operations of its own
     */
    public AdminApi(Access access, IdempotencyStore requests, FieldSeal seal, List<AdminResource> resources) {
        this.access = access;
        this.requests = requests;
        this.secrets = new SecretsShown(seal);
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
            Caller caller = open ? Caller.NOBODY : access.of(request.credentials());
            if (operation == null) {
                return nowhere(request, match.methods());
            }
            operation.checkPath(match.values());
            if (!open) {
                operation.requireAllowed(caller);
            }
            ObjectNode body = operation.body(request.header("content-type"), request.body());
            ApiCall call = new ApiCall(
                    request,
                    caller,
                    match.values(),
                    operation.query(open ? request.query() : within(operation, caller, request.query())),
                    open ? body : within(operation, caller, body));
            if (operation.isRead()) {
                HttpAnswer answer = secrets.to(caller, handler(operation).answer(call));
                return answer.status() == 200 ? unlessKnown(request, answer) : answer;
            }
            return secrets.to(caller, once(operation, call));
        } catch (RuntimeException e) {
            return Problem.of(e);
        }
    }

    // --- of one organization --------------------------------------------------------------------------------------

    /** A caller of one organization asks for what is its own, whether it says so or not. */
    private static Map<String, String> within(ContractOperation operation, Caller caller, Map<String, String> query) {
        String own = caller.organization();
        if (own == null || !operation.takesOrganization()) {
            return query;
        }
        requireOwn(caller, query.getOrDefault(ORGANIZATION, own));
        Map<String, String> kept = new HashMap<>(query);
        kept.put(ORGANIZATION, own);
        return kept;
    }

    private static ObjectNode within(ContractOperation operation, Caller caller, ObjectNode body) {
        String own = caller.organization();
        if (own != null && operation.bodyTakesOrganization()) {
            requireOwn(caller, body.path(ORGANIZATION).asText(own));
            body.put(ORGANIZATION, own);
        }
        return body;
    }

    private static void requireOwn(Caller caller, String organization) {
        if (!caller.sees(organization)) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    caller.name() + " is of the organization '" + caller.organization() + "' and sees no other");
        }
    }

    // --- once ---------------------------------------------------------------------------------------------------

    /** Does what is asked; with an Idempotency-Key, only if that was not done before. */
    private HttpAnswer once(ContractOperation operation, ApiCall call) {
        String key = call.request().header("idempotency-key");
        if (key.isEmpty() || operation.isOpen()) {
            return done(operation, call);
        }
        if (operation.hasSecretAnswer()) {
            throw Page.bad("This action takes no Idempotency-Key: its answer holds a secret, and is kept nowhere");
        }
        if (key.length() > KEY_MAX) {
            throw Page.bad("The Idempotency-Key is longer than " + KEY_MAX + " characters");
        }
        String caller = call.caller().id();
        AdminRequest request = call.request();
        String digest = digest(request.method() + ' ' + request.path() + ' ' + call.query() + ' ' + call.body());
        Optional<IdempotencyStore.First> first = requests.begin(caller, key, digest);
        if (first.isPresent()) {
            return repeated(first.get(), digest);
        }
        try {
            HttpAnswer answer = done(operation, call);
            requests.end(caller, key, answer);
            return answer;
        } catch (Refusal e) {
            if (e.status() == TRY_AGAIN) {
                requests.forget(caller, key);
            } else {
                requests.end(caller, key, Problem.of(e));
            }
            throw e;
        } catch (RuntimeException e) {
            requests.forget(caller, key);
            throw e;
        }
    }

    /** Two that waited for each other are no reason to send anybody away: one of them goes again, as nothing of it was written. */
    private HttpAnswer done(ContractOperation operation, ApiCall call) {
        for (int attempt = 1; ; attempt++) {
            try {
                return handler(operation).answer(call);
            } catch (Transient e) {
                if (attempt == ATTEMPTS_MAX || !Database.isDeadlock(e)) {
                    throw e;
                }
            }
        }
    }

    private static HttpAnswer repeated(IdempotencyStore.First first, String digest) {
        HttpAnswer answer = first.answer();
        if (!first.digest().isEmpty() && !first.digest().equals(digest)) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    422,
                    "This Idempotency-Key was used for another request: take a new key for each action");
        }
        if (answer == null) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The first request with this Idempotency-Key is still under way: send it again in a while",
                    Map.of("Retry-After", "2"));
        }
        return answer;
    }

    // --- the contract -------------------------------------------------------------------------------------------

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

    private static HttpAnswer nowhere(AdminRequest request, Set<String> methods) {
        if (methods.isEmpty()) {
            return Problem.of(new Refusal(
                    FailureCode.UNKNOWN_ENDPOINT,
                    404,
                    "There is nothing at /api/" + Problem.clip(String.join("/", request.path()))
                            + "; /api/openapi.json says what there is"));
        }
        String allowed = String.join(", ", methods);
        return Problem.of(new Refusal(
                        FailureCode.METHOD_NOT_ALLOWED,
                        405,
                        "This resource takes " + allowed + "; " + Problem.clip(request.method()) + " is not one"))
                .with("Allow", allowed);
    }

    /** The answer with its ETag, or that it is what the caller has already. */
    private static HttpAnswer unlessKnown(AdminRequest request, HttpAnswer answer) {
        String etag = '"' + answer.headers().getOrDefault(ETAG, "") + digest(answer.body()) + '"';
        boolean known = Arrays.stream(request.header("if-none-match").split(","))
                .map(one -> one.strip().replaceFirst("^W/", ""))
                .anyMatch(etag::equals);
        return (known ? new HttpAnswer(304, "", "", answer.headers()) : answer).with(ETAG, etag);
    }

    private static String digest(String body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, ETAG_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }
}
