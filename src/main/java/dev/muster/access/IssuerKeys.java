package dev.muster.access;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.CachingJWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.OutageTolerantJWKSetSource;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.jwk.source.RateLimitedJWKSetSource;
import com.nimbusds.jose.jwk.source.URLBasedJWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Resource;
import dev.muster.call.LimitedBody;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The issuer's keys. One caller fetches them for all, and nobody waits longer than {@link #WAIT}. A key that is not among them
 * makes them be fetched anew, at most twice in {@link #PACE}. Where they cannot be fetched, those from before are good for
 * {@link #OUTAGE}.
 */
final class IssuerKeys implements JWKSource<SecurityContext> {
    /** How long they are good without a look. */
    static final Duration CACHED = Duration.ofMinutes(10);

    static final Duration PACE = Duration.ofSeconds(30);
    static final Duration OUTAGE = Duration.ofHours(4);
    /** For one whole fetch. */
    static final Duration FETCH = Duration.ofSeconds(3);

    static final Duration WAIT = Duration.ofSeconds(4);

    private static final int BYTES_MAX = 256 * 1024;

    private final JWKSetSource<SecurityContext> source;
    private final Clock clock;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(FETCH)
            .build();

    IssuerKeys(URI address, Clock clock) {
        this.clock = clock;
        this.source = new CachingJWKSetSource<>(
                new RateLimitedJWKSetSource<>(
                        new OutageTolerantJWKSetSource<>(
                                new URLBasedJWKSetSource<>(url(address), this::fetch), OUTAGE.toMillis(), null),
                        PACE.toMillis(),
                        null),
                CACHED.toMillis(),
                WAIT.toMillis(),
                null);
    }

    private static URL url(URI address) {
        try {
            return address.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** As the library's own source does it, by a clock that is given. */
    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) throws KeySourceException {
        JWKSet known = source.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), clock.millis(), context);
        List<JWK> found = selector.select(known);
        if (!found.isEmpty()) {
            return found;
        }
        try {
            return selector.select(
                    source.getJWKSet(JWKSetCacheRefreshEvaluator.referenceComparison(known), clock.millis(), context));
        } catch (RateLimitReachedException e) {
            return List.of();
        }
    }

    private Resource fetch(URL address) throws IOException {
        CompletableFuture<HttpResponse<byte[]>> asked;
        try {
            HttpRequest request = HttpRequest.newBuilder(address.toURI())
                    .timeout(FETCH)
                    .header("Accept", "application/json")
                    .build();
            asked = http.sendAsync(request, answer -> new LimitedBody(BYTES_MAX));
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        try {
            HttpResponse<byte[]> answer = asked.get(FETCH.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.statusCode() != 200) {
                throw new IOException(address + " answered " + answer.statusCode());
            }
            return new Resource(
                    new String(answer.body(), StandardCharsets.UTF_8),
                    answer.headers().firstValue("Content-Type").orElse("application/json"));
        } catch (ExecutionException e) {
            throw new IOException(address + " cannot be asked: " + e.getCause(), e);
        } catch (TimeoutException e) {
            asked.cancel(true);
            throw new IOException(address + " gave no whole answer within " + FETCH.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
