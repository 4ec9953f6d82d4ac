package dev.muster.camel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallCredential;
import dev.muster.call.CallCredentials;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.db.HandClock;
import dev.muster.delivery.Delivery;
import dev.muster.normalize.Assembly;
import dev.muster.normalize.Mapping;
import dev.muster.normalize.Normalization;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.SectionCompiler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchTimeTest {
    @TempDir
    Path home;

    private final HandClock clock = new HandClock();
    private PlatformCatalog catalog;
    private Integrations integrations;

    @BeforeEach
    void readPlatforms() throws IOException {
        Path platforms = Files.createDirectories(home.resolve("config/platforms"));
        Files.writeString(platforms.resolve("example.yaml"), """
                platform: example
                title: Example
                api: { baseUrl: "https://example.com" }
                objects:
                  person: { path: "/people/{id}", ids: { id: { source: id } } }
                kinds:
                  kind: kind
                  handle: { changed: { fetch: person } }
                mapping:
                  records:
                    - { entity: member, of: person, id: id, fields: [{ target: firstName, source: name, type: name }] }
                """);
        catalog = new PlatformCatalog(
                home,
                List.of(new SectionCompiler<>(
                        Normalizer.class,
                        Set.of("objects", "kinds", "mapping"),
                        (root, file) -> new Normalizer(Mapping.of(root, file)))));
        catalog.load();
        integrations = new Integrations(home, Map.of("EXAMPLE_API_KEY", "key"));
        integrations.load(catalog);
    }

    @Test
    void slowAnswerIsTheStateOfWhenItWasAskedFor() throws Exception {
        Normalization normalization = new Normalization(catalog, integrations);
        Exchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.getMessage().setBody(normalization.begin(operation()));
        Instant asked = clock.instant();

        Assembly assembly = exchange.getMessage().getBody(Assembly.class);
        exchange.getMessage().setBody(normalization.request(assembly));
        new CallStart(catalog, integrations).process(exchange);
        new CallIdentity(new NoCredentials(), new CallThreads(1)).process(exchange, doneSync -> {});
        new CallRequest(clock).process(exchange);
        clock.advance(Duration.ofSeconds(20));
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
        exchange.getMessage()
                .setBody(new ByteArrayInputStream("{\"id\":\"7\",\"name\":\"Ana\"}".getBytes(StandardCharsets.UTF_8)));
        new CallAnswer(new NoCredentials(), clock).process(exchange);

        assertThat(normalization
                        .finish(normalization.fetched(
                                assembly, exchange.getMessage().getBody(PlatformAnswer.class)))
                        .records())
                .singleElement()
                .extracting(CanonicalRecord::asOf)
                .isEqualTo(asked);
    }

    private static final class NoCredentials implements CallCredentials {
        @Override
        public CompletionStage<CallCredential> of(Integration integration) {
            return CompletableFuture.completedFuture(new CallCredential(Map.of(), Map.of(), null, 0));
        }

        @Override
        public CompletionStage<CallCredential> renewed(Integration integration, CallCredential refused) {
            return of(integration);
        }

        @Override
        public CredentialUnusable refused(Integration integration, CallCredential refused) {
            return new CredentialUnusable(integration.id());
        }
    }

    private Operation operation() {
        Delivery delivery = new Delivery(
                1,
                "default",
                "example",
                "default",
                clock.instant(),
                Map.of(),
                "{\"kind\":\"changed\",\"id\":\"7\"}".getBytes(StandardCharsets.UTF_8),
                null,
                null);
        return new Operation(2, OperationType.WEBHOOK, 0, delivery, List.of());
    }
}
