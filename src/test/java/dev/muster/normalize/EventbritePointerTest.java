package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.operation.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Eventbrite signs nothing, so whoever knows the address of our door can send any URL. */
class EventbritePointerTest {
    private final Normalizer normalizer = PlatformSample.normalizer("eventbrite");

    @ParameterizedTest
    @CsvSource({
        "https://www.eventbriteapi.com/v3/orders/1034600001/, '/v3/orders/1034600001/?expand=attendees,event'",
        "https://www.eventbriteapi.com:443/v3/orders/1034600001/, '/v3/orders/1034600001/?expand=attendees,event'",
        "https://www.eventbriteapi.com/v3/events/71/orders/1034600001/, '/v3/orders/1034600001/?expand=attendees,event'",
        "https://www.eventbriteapi.com/v3/events/71059810001/attendees/690500001-1/, "
                + "/v3/events/71059810001/attendees/690500001-1/",
        "https://www.eventbriteapi.com/v3/events/71059810001/, /v3/events/71059810001/?expand=venue",
    })
    void onlyTheIdsAreTakenFromAnAcceptedUrl(String url, String path) {
        assertThat(part("order.updated", url).fetch())
                .isNotNull()
                .extracting(FetchTarget::path)
                .isEqualTo(path);
        assertThat(part("order.updated", url).ignored()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://www.eventbriteapi.com/v3/orders/1034600001/",
                "https://www.eventbriteapi.com.evil.example/v3/orders/1034600001/",
                "https://www.eventbriteapi.com@evil.example/v3/orders/1034600001/",
                "https://www.eventbriteapi.com/v3/users/me/",
                "https://www.eventbriteapi.com/{api-endpoint-to-fetch-object-details}/",
                "https://user:secret@www.eventbriteapi.com/v3/orders/1/",
                "https://www.eventbriteapi.com:8443/v3/orders/1/",
                "https://WWW.eventbriteapi.com/v3/orders/1/",
                "https://wwwXeventbriteapi.com/v3/orders/1/",
                "https://www.eventbriteapi.com/v3/orders/1/?token=x",
                "https://www.eventbriteapi.com/v3/orders/1/#x",
                "https://www.eventbriteapi.com/v3/orders/1",
                "https://www.eventbriteapi.com/v3/orders/1/attendees/",
                "https://www.eventbriteapi.com/v3/orders/../",
                "https://www.eventbriteapi.com/v3/orders/1%2f..%2f2/",
                "https://www.eventbriteapi.com/v3/orders/1-1/",
                "https://www.eventbriteapi.com/v3/orders/\u0661\u0662/",
                "https://www.eventbriteapi.com/v3/orders/111111111111111111111/",
                "https://www.eventbriteapi.com/v3/events/71a/attendees/690500001-1/",
                "https://www.eventbriteapi.com/v3/events/71/attendees/690500001-/",
                "https://www.eventbriteapi.com/v3/orders/1/\n",
                " https://www.eventbriteapi.com/v3/orders/1/",
                "file:///etc/passwd",
                "",
            })
    void anyOtherUrlIsIgnoredWithTheReason(String url) {
        Part part = part("order.updated", url);

        assertThat(part.fetch()).isNull();
        assertThat(part.ignored()).contains("no address of an object that may be fetched");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "5", "[]", "{\"a\":1}"})
    void pointerThatIsNoTextIsIgnored(String json) {
        String body = "{\"config\":{\"action\":\"order.placed\"},\"api_url\":" + json + "}";

        assertThat(parts(body)).singleElement().satisfies(part -> assertThat(part.ignored())
                .contains("its pointer"));
    }

    @Test
    void goneObjectIsNamedInTheReason() {
        ObjectNode body =
                PlatformSample.JSON.createObjectNode().put("api_url", "https://www.eventbriteapi.com/v3/orders/1/");
        body.putObject("config").put("action", "order.updated");
        Operation operation = PlatformSample.operation("eventbrite", null, Map.of(), body.toString(), Instant.EPOCH);
        Assembly assembly = new Assembly(operation, normalizer, normalizer.parts(operation), true);
        assembly.fetched(assembly.next(), MissingNode.getInstance(), Instant.EPOCH);

        assertThat(assembly.normalized().records()).isEmpty();
        assertThat(assembly.normalized().reason())
                .isEqualTo("eventbrite answered that the order is gone: /v3/orders/1/?expand=attendees,event");
    }

    private Part part(String action, String url) {
        ObjectNode body = PlatformSample.JSON.createObjectNode().put("api_url", url);
        body.putObject("config").put("action", action);
        return parts(body.toString()).get(0);
    }

    private List<Part> parts(String body) {
        return normalizer.parts(PlatformSample.operation("eventbrite", null, Map.of(), body, Instant.EPOCH));
    }
}
