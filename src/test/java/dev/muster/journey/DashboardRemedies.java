package dev.muster.journey;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.FilePayload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a person does at the dashboard when something went wrong: replays, undoes, ends what is held, tries a change, answers an alert. */
abstract class DashboardRemedies extends DashboardDesk {
    private static final String SAYS = "\"email\":\"%s@example.org\",\"first\":\"%s\",\"last\":\"%s\"";

    private static String lastName(String member) {
        return hub.get("/api/members/" + member).path("lastName").asText();
    }

    /** One more account of the club. */
    private static void account(String id, String secret, String settings) {
        hub.post(
                "/api/integrations",
                "{\"platform\":\"club\",\"id\":\"" + id + "\",\"title\":\"" + id
                        + "\",\"secrets\":{\"webhookSecret\":\"" + secret + "\"},\"settings\":{" + settings + "}}");
    }

    /** An account of the club that changes so much that it is stopped. */
    private static void overstep(String id, String secret, String people) {
        account(id, secret, """
                "brake":"{\\"share\\":0.001,\\"window\\":\\"PT1H\\",\\"atLeast\\":2,\\"counts\\":\\"changes\\",\\"webhooks\\":true}\"""");
        // what is new is no change: each is said twice
        for (int i = 0; i < 10; i++) {
            hub.club(id, secret, "person", people + i / 2, SAYS.formatted(id + i / 2, "Lou" + i, "Loud"));
            hub.settled();
        }
        assertThat(hub.get("/api/brakes").path("items"))
                .filteredOn(one -> one.path("state").asText().equals("held"))
                .hasSize(1);
    }

    @Test
    void deadLetterIsReplayedAndThenAllOfItsCause() {
        die("closed", "m-11", "m-12", "m-13");
        JsonNode letter = hub.get("/api/dead-letters").at("/items/0");
        assertThat(letter.path("cause").asText()).contains("are closed");
        go("dead-letters?digest=" + letter.path("digest").asText());
        assertThat(page.locator("main [data-item]")).hasCount(3);

        button("Replay " + letter.path("operationId").asText()).click();
        assertThat(page.locator("main [data-item]")).hasCount(2);

        button("Replay all of " + letter.path("cause").asText()).click();
        dialog().getByLabel("With force").check();
        inDialog("Replay").click();
        assertThat(page.locator("main [data-item]")).hasCount(0);
        hub.settled();
        assertThat(hub.column("SELECT SUM(forced) FROM sync_operations WHERE record_key IN ('m-11', 'm-12', 'm-13')"))
                .containsExactly("2");
        assertThat(hub.get("/api/operations?limit=3").path("items"))
                .allMatch(operation -> operation.path("status").asText().equals("success"));
        assertThat(hub.get("/api/dead-letters").toString()).doesNotContain("are closed");
        assertThat(errors).isEmpty();
    }

    @Test
    void whatWasUndoneComesBackByAReplayWithForceOnly() {
        hub.club("person", "42", SAYS.formatted("ola", "Ola", "Right"));
        hub.settled();
        hub.club("person", "42", SAYS.formatted("ola", "Ola", "Wrong"));
        hub.settled();
        String ola = member("ola@example.org");
        String operation = hub.get("/api/operations?limit=1").at("/items/0/id").asText();
        hub.post("/api/undo", "{\"operation\":\"" + operation + "\",\"reason\":\"a typing error\"}");
        await().untilAsserted(() -> assertThat(lastName(ola)).isEqualTo("Right"));
        go("operations/" + operation);

        button("Replay…").click();
        assertThat(dialog()).containsText("What somebody undid stays undone");
        inDialog("Replay").click();
        assertThat(page.getByText("Queued as")).isVisible();
        hub.settled();
        assertThat(lastName(ola)).isEqualTo("Right");

        button("Replay…").click();
        dialog().getByLabel("With force").check();
        inDialog("Replay").click();
        await().untilAsserted(() -> assertThat(lastName(ola)).isEqualTo("Wrong"));
        assertThat(errors).isEmpty();
    }

    @Test
    void operationIsUndoneAfterItWasShownWhatWouldChange() {
        String says = SAYS.formatted("una", "Una", "%s");
        hub.club("person", "41", says.formatted("Right"));
        hub.settled();
        hub.club("person", "41", says.formatted("Wrong"));
        hub.settled();
        String una = member("una@example.org");
        go("operations/" + hub.get("/api/operations?limit=1").at("/items/0/id").asText());
        assertThat(page.getByText("Wrong", new Page.GetByTextOptions().setExact(true))
                        .first())
                .isVisible();

        button("Undo…").click();
        assertThat(dialog()).containsText("1 field of 1 source record would change");
        assertThat(dialog()).containsText("Right");
        dialog().getByLabel("Why").fill("A typing error");
        inDialog("Undo").click();

        assertThat(button("Put back…")).isVisible();
        assertThat(page.locator("main")).containsText("A typing error");
        assertThat(hub.get("/api/members/" + una).path("lastName").asText()).isEqualTo("Right");

        button("Put back…").click();
        assertThat(dialog()).containsText("Wrong");
        dialog().getByLabel("Why").fill("It was no error");
        inDialog("Put back").click();
        await().untilAsserted(() -> assertThat(
                        hub.get("/api/members/" + una).path("lastName").asText())
                .isEqualTo("Wrong"));
        assertThat(page.locator("main")).containsText("It was no error");
        assertThat(hub.get("/api/undo?limit=1").at("/items/0/kind").asText()).isEqualTo("undo");
        assertThat(errors).isEmpty();
    }

    @Test
    void runIsUndone() {
        roster = person("Right", 1);
        hub.pull("roster", "people");
        String rita = member("rita@example.org");
        roster = person("Wrong", 2);
        String run = hub.pull("roster", "people").path("id").asText();
        assertThat(lastName(rita)).isEqualTo("Wrong");
        go("syncs/runs/" + run);
        assertThat(page.locator("main")).containsText("RunSignOff people");

        button("Undo the run…").click();
        assertThat(dialog()).containsText("Right");
        dialog().getByLabel("Why").fill("They sent us a test");
        inDialog("Undo").click();

        assertThat(button("Put back…")).isVisible();
        assertThat(lastName(rita)).isEqualTo("Right");
        JsonNode undone = hub.get("/api/undo?limit=1").at("/items/0");
        assertThat(undone.path("kind").asText()).isEqualTo("run");
        assertThat(undone.path("of").asText()).isEqualTo(run);
        assertThat(errors).isEmpty();
    }

    private static String person(String lastName, int day) {
        return "{\"id\":\"9\",\"email\":\"rita@example.org\",\"last\":\"" + lastName + "\",\"at\":\"2026-03-0" + day
                + "T08:00:00Z\"}";
    }

    @Test
    void whatAnAccountSentInASpanOfTimeIsUndone() {
        account("span", "a-spanning-secret-of-the-test", "");
        hub.club("span", "a-spanning-secret-of-the-test", "person", "81", SAYS.formatted("ivo", "Ivo", "Right"));
        hub.settled();
        String ivo = member("ivo@example.org");
        go("operations?platform=club");

        button("Undo a span of time…").click();
        dialog().getByLabel("Account").fill("span");
        inDialog("Show what would change").click();
        assertThat(page.getByText("Undo what Club sent?")).isVisible();
        assertThat(dialog().last()).containsText("of 1 source record would change");
        dialog().last().getByLabel("Why").fill("A test list");
        inDialog("Undo").last().click();

        assertThat(button("Put back…")).isVisible();
        assertThat(page.locator("main")).containsText("A test list");
        assertThat(hub.get("/api/members/" + ivo).path("deletedAt").isTextual()).isTrue();
        assertThat(hub.get("/api/members/" + member).path("lastName").asText())
                .as("what other accounts sent meanwhile")
                .isEqualTo("Lee");
        assertThat(errors).isEmpty();
    }

    @Test
    void accountThatChangesTooMuchIsLetGoOn() {
        overstep("loud", "a-loud-secret-of-the-test", "6");
        go("overview");
        assertThat(page.getByText("Club is stopped: it changed too much")).isVisible();

        button("Let Club go on").click();
        dialog().getByLabel("Why").fill("A new list, announced");
        inDialog("Let it go on").click();

        assertThat(page.getByText("Club is stopped: it changed too much")).isHidden();
        hub.settled();
        assertThat(hub.get("/api/operations?status=held").path("items")).isEmpty();
        assertThat(errors).isEmpty();
    }

    @Test
    void whatABrakeHoldsIsEnded() {
        String secret = "a-shrill-secret-of-the-test";
        overstep("shrill", secret, "7");
        List<String> held = hub.column("SELECT id FROM sync_operations WHERE integration = 'shrill' AND status = 7");
        assertThat(held).isNotEmpty();
        go("syncs");

        button("End what is held of Club").click();
        dialog().getByLabel("Why").fill("A broken filter");
        inDialog("End it").click();

        assertThat(page.getByText("Club is stopped: it changed too much")).isHidden();
        JsonNode brake = hub.get("/api/brakes?state=all").at("/items/0");
        assertThat(brake.path("state").asText()).isEqualTo("rejected");
        assertThat(brake.path("reason").asText()).isEqualTo("A broken filter");
        assertThat(hub.column(
                        "SELECT DISTINCT status FROM sync_operations WHERE id IN (" + String.join(",", held) + ")"))
                .containsExactly("3");
        assertThat(errors).isEmpty();
    }

    @Test
    void changedFileIsTriedAndNothingIsStored() throws IOException {
        String file = Files.readString(directory.resolve("home/config/platforms/club.yaml"));
        String changed = file.replace("{ source: last, target: lastName", "{ source: first, target: lastName");
        assertThat(changed).isNotEqualTo(file);
        List<String> before =
                hub.column("SELECT COUNT(*) FROM sync_operations UNION ALL SELECT COUNT(*) FROM audit_log");
        go("dry-run");

        page.getByLabel("Choose the changed file")
                .setInputFiles(
                        new FilePayload("club.yaml", "application/yaml", changed.getBytes(StandardCharsets.UTF_8)));
        assertThat(page.getByLabel("What is changed")).hasValue("mapping");
        assertThat(page.getByLabel("Platform")).hasValue("club");
        button("Try it").click();

        assertThat(page.getByText("What would be different")).isVisible();
        assertThat(page.locator("main tr", new Page.LocatorOptions().setHasText("Last name"))
                        .filter(new Locator.FilterOptions().setHasText("Lee"))
                        .first())
                .containsText("Ana");
        assertThat(lastName(member)).isEqualTo("Lee");
        assertThat(hub.column("SELECT COUNT(*) FROM sync_operations UNION ALL SELECT COUNT(*) FROM audit_log"))
                .isEqualTo(before);
        assertThat(errors).isEmpty();

        page.getByLabel("The whole text, as YAML").fill(changed.replace("type: email }", "type: emial }"));
        button("Try it").click();
        assertThat(page.getByText("Nothing was tried")).isVisible();
        assertThat(page.locator("main [role=alert]")).containsText("emial");
    }

    @Test
    void alertIsAcknowledged() {
        await().until(() -> !hub.get("/api/alerts?state=firing").path("items").isEmpty());
        go("alerts");
        button("Acknowledge Room").click();

        assertThat(page.getByText("by admin token")).isVisible();
        JsonNode alert = hub.get("/api/alerts?state=firing").at("/items/0");
        assertThat(alert.path("acknowledgedBy").asText()).isEqualTo("admin token");
        assertThat(alert.path("acknowledgedAt").isTextual()).isTrue();
        assertThat(errors).isEmpty();
    }

    @Test
    void channelIsTestedAndSaysWhetherItTookIt() {
        go("alerts");
        button("Send a test to pager").click();
        assertThat(page.getByText("pager took the test")).isVisible();
        assertThat(heard).anyMatch(told -> told.contains("alert.test"));

        button("Send a test to gone").click();
        assertThat(page.getByText("gone did not take it: 127.0.0.1 does not answer"))
                .isVisible();
        assertThat(errors).isEmpty();
    }
}
