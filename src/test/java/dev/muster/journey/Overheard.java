package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.conformance.VendorSpecification;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.SimulatedPlatform;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** All that a hub and one simulated platform said to each other. */
final class Overheard {
    private final SimulatedPlatform platform;
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();

    Overheard(SimulatedPlatform platform) {
        this.platform = platform;
        platform.observe(exchanges::add);
    }

    /** Those of a method whose path, without its query, ends so. */
    List<ApiExchange> of(String method, String path) {
        return exchanges.stream()
                .filter(exchange ->
                        exchange.method().equals(method) && path(exchange).endsWith(path))
                .toList();
    }

    static String path(ApiExchange exchange) {
        return new QueryStringDecoder(exchange.path()).path();
    }

    static Map<String, String> query(ApiExchange exchange) {
        Map<String, String> query = new TreeMap<>();
        new QueryStringDecoder(exchange.path()).parameters().forEach((name, values) -> query.put(name, values.get(0)));
        return query;
    }

    /** Which was said when. */
    int position(ApiExchange exchange) {
        return exchanges.indexOf(exchange);
    }

    void forget() {
        exchanges.clear();
    }

    /** Holds all of it against the quotas, and against what the vendor describes, where that is beside the project. */
    void judge(String vendor) {
        assertThat(platform.quotaViolations()).as("calls beyond a quota").isZero();
        VendorSpecification.find(vendor).ifPresent(specification -> assertThat(specification.check(exchanges))
                .isEmpty());
    }
}
