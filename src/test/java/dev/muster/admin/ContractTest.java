package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ContractTest {
    private final Contract contract = Contract.load();

    @Test
    void itHoldsWhatItSaysOfItself() {
        assertThat(contract.defects()).isEmpty();
    }

    @Test
    void everyOperationIsOpenOrSaysWhoMay() {
        for (String method : List.of("get", "post", "put", "delete")) {
            contract.document().path("paths").properties().forEach(path -> {
                if (path.getValue().has(method)) {
                    ContractOperation operation = contract.match(
                                    method.toUpperCase(java.util.Locale.ROOT),
                                    List.of(path.getKey().substring(5).split("/")))
                            .operation();
                    assertThat(operation.isOpen() || operation.permission().isPresent())
                            .as(path.getKey())
                            .isTrue();
                }
            });
        }
    }

    @Test
    void aLiteralSegmentIsMeantBeforeAParameter() {
        assertThat(contract.match("GET", List.of("integrations", "callback"))
                        .operation()
                        .id())
                .isEqualTo("endConsent");
        assertThat(contract.match("GET", List.of("pushes", "plan")).operation().id())
                .isEqualTo("planPushes");
    }

    @Test
    void anAnswerThatDiffersIsFound() {
        List<String> path = List.of("deliveries", "0A1B2C3D4E5F6", "replay");
        String fits = "{\"operationId\":\"0A1B2C3D4E5F6\",\"status\":\"pending\"}";

        assertThat(contract.differences("POST", path, 202, "application/json", fits))
                .isEmpty();
        assertThat(contract.differences("POST", path, 202, "application/json", fits.replace("pending", "done")))
                .isNotEmpty();
        assertThat(contract.differences("POST", path, 200, "application/json", fits))
                .isNotEmpty();
        assertThat(contract.differences("POST", path, 202, "text/html", fits)).isNotEmpty();
        assertThat(contract.differences("POST", path, 404, "application/problem+json", "{\"status\":404}"))
                .isNotEmpty();
    }
}
