package dev.muster.delivery;

import dev.muster.db.Ids;
import dev.muster.delivery.Admission.Admitted;
import dev.muster.delivery.Admission.Answered;
import dev.muster.delivery.DeliveryStore.Arrival;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.meter.Traffic;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides about a request at a webhook's door: who sent it, whether to believe it, and what to answer. Refusals are
 * exceptions; what is admitted is stored before it is acknowledged.
 */
public final class Door {
    /** What comes in for integrations that nobody used lately. */
    private static final int READ_WAITING_MAX = 2_000;

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final DeliveryStore deliveries;
    private final Ids ids;
    private final Meters meters;
    private final Guards guards;
    private final ThreadPoolExecutor readers = readers();
    private final Consumer<String> arrived;

    /**
     * @param guards what holds for every platform
     * @param arrived told the platform of each delivery after it is stored
     */
    public Door(
            PlatformCatalog catalog,
            Integrations integrations,
            DeliveryStore deliveries,
            Ids ids,
            Meters meters,
            Guards guards,
            Consumer<String> arrived) {
        this.catalog = catalog;
        this.integrations = integrations;
        this.deliveries = deliveries;
        this.ids = ids;
        this.meters = meters;
        this.guards = guards;
        this.arrived = arrived;
    }

    /**
     * @param proxies whose word about forwarded addresses is believed
     * @param limit requests per sender over all platforms
     */
    public record Guards(TrustedProxies proxies, SenderLimit limit) {}

    /**
     * Checks a request.
     *
     * @throws Refusal with the status to answer, where it is not let in
     * @throws Transient where the sender must come back later (429)
     */
    public Admission admit(WebhookRequest request) {
        String platform = "unknown";
        String organization = Traffic.NOBODY;
        try {
            PlatformDefinition definition = catalog.find(request.platform()).orElseThrow(() -> unknown("platform"));
            platform = definition.id();
            DoorSettings settings = definition.section(DoorSettings.class);
            Headers headers = Headers.ofLowerCase(request.headers());
            guard(request, headers, settings);
            Sender sender = sender(request, platform, settings.signature() instanceof PathScheme);
            organization = sender.integration().organization();
            return admit(request, headers, settings, sender);
        } catch (Failure e) {
            meters.refused(organization, platform, e.code());
            throw e;
        }
    }

    /**
     * Checks a request as {@link #admit} does. Where its integration has to be read from the store first, the event loop
     * does not wait for that.
     */
    public CompletionStage<Admission> open(WebhookRequest request) {
        List<String> path = request.path();
        if (path.size() < 2
                || catalog.find(request.platform()).isEmpty()
                || integrations.isAtHand(request.platform(), path.get(1))) {
            return CompletableFuture.completedFuture(admit(request));
        }
        CompletableFuture<Admission> admission = new CompletableFuture<>();
        try {
            readers.execute(() -> {
                try {
                    admission.complete(admit(request));
                } catch (RuntimeException e) {
                    admission.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            meters.refused(Traffic.NOBODY, request.platform(), FailureCode.OVERLOADED);
            throw new Transient(
                    FailureCode.OVERLOADED, "Too many deliveries wait for their integration to be read", null);
        }
        return admission;
    }

    private static ThreadPoolExecutor readers() {
        ThreadPoolExecutor readers = new ThreadPoolExecutor(
                2, 2, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(READ_WAITING_MAX), task -> {
                    Thread thread = new Thread(task, "door-reader");
                    thread.setDaemon(true);
                    return thread;
                });
        readers.allowCoreThreadTimeOut(true);
        return readers;
    }

    private Admission admit(WebhookRequest request, Headers headers, DoorSettings settings, Sender sender) {
        RawBody body = RawBody.of(request.body());
        EndpointAnswers answers = settings.webhook().answers();
        EndpointAnswers.Answer answer =
                answers.answer(request.method(), request.query(), headers, body).orElse(null);
        if (answer != null && !answer.needsSignature()) {
            return answered(answer);
        }
        if (!request.method().equals("POST")) {
            throw new Refusal(
                    FailureCode.METHOD_NOT_ALLOWED,
                    405,
                    "This door takes POST; " + request.method() + " is not one",
                    Map.of("Allow", "POST"));
        }
        verify(request, headers, body, settings, sender);
        if (answer != null) {
            return answered(answer);
        }
        return new Admitted(arrival(request, body, settings, sender.integration()));
    }

    private void guard(WebhookRequest request, Headers headers, DoorSettings settings) {
        ClientAddress client = ClientAddress.resolve(request.peer(), headers.get("x-forwarded-for"), guards.proxies());
        if (!settings.webhook().allow().allows(client)) {
            throw new Refusal(
                    FailureCode.ADDRESS_NOT_ALLOWED,
                    403,
                    "Deliveries of this platform are not taken from this address");
        }
        limit(guards.limit(), client);
        if (settings.limit() != null) {
            limit(settings.limit(), client);
        }
    }

    private static void limit(SenderLimit limit, ClientAddress client) {
        Duration wait = limit.waitFor(client);
        if (!wait.isZero()) {
            throw new Transient(FailureCode.RATE_LIMITED, "Too many requests from this address", null, wait);
        }
    }

    /** @param pathSecret the last part of the path, on platforms whose URL is the secret */
    private record Sender(Integration integration, @Nullable String pathSecret) {}

    /** {@code /platform}, {@code /platform/integration}, and with a secret behind either where the URL is the secret. */
    private Sender sender(WebhookRequest request, String platform, boolean secretInPath) {
        List<String> rest = request.path().subList(1, request.path().size());
        if (rest.size() > (secretInPath ? 2 : 1)) {
            throw unknown("address");
        }
        if (!rest.isEmpty()) {
            Integration named = integrations
                    .find(platform, rest.get(0))
                    .filter(Integration::enabled)
                    .orElse(null);
            if (named != null) {
                return new Sender(named, rest.size() == 2 ? rest.get(1) : null);
            }
            if (!secretInPath || rest.size() == 2) {
                throw unknown("integration");
            }
        }
        Integration integration =
                integrations.find(platform, Integration.DEFAULT).orElseThrow(() -> unknown("integration"));
        return new Sender(integration, rest.isEmpty() ? null : rest.get(0));
    }

    private static Refusal unknown(String what) {
        return new Refusal(FailureCode.UNKNOWN_ENDPOINT, 404, "There is no such " + what + " here");
    }

    private static void verify(
            WebhookRequest request, Headers headers, RawBody body, DoorSettings settings, Sender sender) {
        SignedRequest signed = new SignedRequest(request.method(), request.uri(), headers, body, sender.pathSecret());
        FailureCode refusal = settings.signature()
                .verify(signed, sender.integration().signing().all(), request.receivedAt())
                .refusal()
                .orElse(null);
        if (refusal == null) {
            agree(headers, body, settings.webhook().mustAgree());
            return;
        }
        if (refusal == FailureCode.SIGNATURE_WRONG && sender.pathSecret() != null) {
            throw new Refusal(refusal, 404, "There is no such address here");
        }
        throw new Refusal(refusal, 401, "The delivery could not be verified");
    }

    private static void agree(Headers headers, RawBody body, AgreeingFields fields) {
        String header = fields.contradiction(headers, body).orElse(null);
        if (header != null) {
            throw new Refusal(
                    FailureCode.HEADER_CONTRADICTS_BODY, 401, "The header " + header + " contradicts the signed body");
        }
    }

    /** What is stored knows no secret, and nothing is read from what is not stored. */
    private Arrival arrival(WebhookRequest request, RawBody received, DoorSettings settings, Integration integration) {
        KindAndRecord about = settings.webhook().kindAndRecord();
        SecretPlaces secrets = settings.webhook().secrets();
        Map<String, String> kept =
                secrets.storable(request.headers(), integration.signing().all());
        RawBody body = secrets.storable(received);
        Headers headers = Headers.ofLowerCase(kept);
        Delivery delivery = new Delivery(
                ids.next(),
                integration.organization(),
                integration.platform(),
                integration.id(),
                request.receivedAt(),
                kept,
                body.bytes(),
                about.kind(headers, body),
                about.record(headers, body));
        return new Arrival(delivery, settings.webhook().uniqueIds().of(headers, body), settings.coalesce());
    }

    private static Answered answered(EndpointAnswers.Answer answer) {
        return new Answered(new HttpAnswer(answer.status(), answer.contentType(), answer.body(), answer.headers()));
    }

    /** Stores what was admitted; the answer comes after the commit. */
    public CompletableFuture<HttpAnswer> store(Admitted admitted) {
        Delivery delivery = admitted.arrival().delivery();
        return deliveries.append(admitted.arrival()).handle((receipt, failure) -> {
            if (failure != null) {
                meters.refused(
                        delivery.organization(),
                        delivery.platform(),
                        failure instanceof Failure known ? known.code() : FailureCode.INTERNAL);
                throw new CompletionException(failure);
            }
            if (receipt.duplicate()) {
                meters.duplicate(delivery.organization(), delivery.platform());
            } else {
                meters.accepted(delivery.organization(), delivery.platform());
                arrived.accept(delivery.platform());
            }
            return HttpAnswer.json(200, "{\"deliveryId\":\"" + Ids.format(receipt.deliveryId()) + "\"}");
        });
    }
}
