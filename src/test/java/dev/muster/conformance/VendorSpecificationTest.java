package dev.muster.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The harness itself: it has to find what is wrong, or the tests that use it say nothing. */
class VendorSpecificationTest {
    private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");
    private static final String MEMBERS = "/3.0/lists/a6b5da1054/members";

    @ParameterizedTest
    @ValueSource(strings = {"classy", "discord", "hubspot", "klaviyo", "mailchimp"})
    void theSpecificationCanBeRead(String vendor) {
        assertThat(VendorSpecification.of(vendor)).isNotNull();
    }

    @Test
    void whatTheVendorDescribesPasses() {
        assertThat(mailchimp(
                        "PUT",
                        MEMBERS + "/cdb9d6a1dddc375a09cc83e3001598dc",
                        "{\"email_address\":\"ana@hub.example\",\"status_if_new\":\"subscribed\"}",
                        200,
                        "{\"id\":\"cdb9d6a1dddc375a09cc83e3001598dc\",\"timestamp_opt\":\"\",\"new_member\":1}"))
                .isEmpty();
    }

    @Test
    void missingMembersOfARequestAreFound() {
        assertThat(mailchimp("PUT", MEMBERS + "/x", "{\"email_address\":\"ana@hub.example\"}", 200, "{}"))
                .singleElement()
                .asString()
                .contains("status_if_new");
    }

    @Test
    void unknownMembersAndParametersOfARequestAreFound() {
        assertThat(mailchimp(
                        "PUT",
                        MEMBERS + "/x",
                        "{\"email_address\":\"ana@hub.example\",\"status_if_new\":\"pending\",\"merge_field\":{}}",
                        200,
                        "{}"))
                .singleElement()
                .asString()
                .contains("merge_field");
        assertThat(mailchimp("GET", MEMBERS + "?since=2026-01-01", "", 200, "{}"))
                .singleElement()
                .asString()
                .contains("'since' is unexpected");
    }

    @Test
    void anAnswerOfTheWrongTypeIsFound() {
        assertThat(mailchimp("GET", MEMBERS, "", 200, "{\"members\":{},\"total_items\":\"1\"}"))
                .hasSize(2);
    }

    @Test
    void aPathThatTheVendorDoesNotHaveIsFound() {
        assertThat(mailchimp("GET", "/3.0/members", "", 200, "{}"))
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem).contains("No API path found"));
    }

    private static List<String> mailchimp(String method, String path, String body, int status, String answer) {
        return VendorSpecification.of("mailchimp")
                .check(
                        method,
                        path,
                        body.isEmpty() ? Map.of() : JSON,
                        body.getBytes(StandardCharsets.UTF_8),
                        status,
                        JSON,
                        answer.getBytes(StandardCharsets.UTF_8));
    }
}
