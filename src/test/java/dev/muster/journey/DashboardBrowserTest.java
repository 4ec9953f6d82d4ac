package dev.muster.journey;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.muster.RunningHub;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The dashboard in a real browser. {@code -Dmuster.pictures=FOLDER} keeps a picture of each page.
 */
class DashboardBrowserTest extends DashboardRemedies {
    private static final int PHONE = 380;
    private static final int FIRST_PAGE_BYTES_MAX = 200_000;
    private static final List<String> PAGES = List.of(
            "overview",
            "operations",
            "members",
            "conflicts",
            "duplicates",
            "dead-letters",
            "alerts",
            "integrations",
            "syncs",
            "dry-run",
            "flows",
            "audit",
            "settings");
    private static final Pattern SOMETHING = Pattern.compile("\\S");
    private static final Set<String> HIDDEN_FROM_A_VIEWER_OF_ONE = Set.of("dry-run", "flows", "audit");

    @ParameterizedTest
    @CsvSource({"1280, LIGHT", "1280, DARK", "380, LIGHT", "380, DARK"})
    void everyPageOpensWithoutErrorAndForEverybody(int width, ColorScheme scheme) {
        open(width, scheme);
        for (String place : PAGES) {
            go(place);
            judge(place, width, scheme);
        }
        go("members/" + member);
        judge("member", width, scheme);
        go("operations");
        page.locator("main [data-item]").first().click();
        page.getByText("Delivered").waitFor();
        judge("operation", width, scheme);
        go("operations/undos");
        judge("undos", width, scheme);
        go("integrations");
        page.locator("main [data-item]").first().click();
        page.getByText("The last test").waitFor();
        judge("integration", width, scheme);
    }

    @Test
    void nothingOfTwoRecordsIsCutOffOnANarrowDesk() {
        String duplicate = twoPeople("long@example.org", "23", "Maximiliana Dąbrowska", "24", "Zbigniew Oyelaran");
        go("duplicates/" + duplicate);
        assertThat(page.getByRole(AriaRole.COLUMNHEADER, new Page.GetByRoleOptions().setName("Alike")))
                .isVisible();
        assertThat(page.evaluate("[...document.querySelectorAll('main .table-box')]"
                        + ".every(one => one.scrollWidth <= one.clientWidth)"))
                .isEqualTo(true);
    }

    private void judge(String place, int width, ColorScheme scheme) {
        picture(place + "-" + (width == PHONE ? "phone-" : "") + scheme.name().toLowerCase(Locale.ROOT));
        assertThat(errors).as(place).isEmpty();
        assertThat(page.evaluate("[document.documentElement, document.querySelector('main')]"
                        + ".every(one => one.scrollWidth <= one.clientWidth)"))
                .as("%s fits into %d pixels", place, width)
                .isEqualTo(true);
        assertThat(violations()).as("%s, %s", place, scheme).isEmpty();
    }

    private void picture(String name) {
        Optional.ofNullable(System.getProperty("muster.pictures"))
                .ifPresent(folder -> page.screenshot(new Page.ScreenshotOptions()
                        .setPath(Path.of(folder, name + ".png"))
                        .setFullPage(true)));
    }

    /** What keeps somebody out: contrast, names, roles, order, as axe-core judges them. */
    private List<?> violations() {
        if (page.evaluate("typeof window.axe").equals("undefined")) {
            page.evaluate(axe());
        }
        return (List<?>)
                page.evaluate(
                        "axe.run(document, {resultTypes: ['violations']}).then(answer => answer.violations"
                                + ".filter(one => ['serious', 'critical'].includes(one.impact))"
                                + ".map(one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))");
    }

    private static String axe() {
        try (InputStream in = AxeBuilder.class.getResourceAsStream("/axe.min.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\n;undefined";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void firstPageIsUnder200KilobytesWithItsCharts() {
        go("overview");
        page.locator(".u-over").first().waitFor();

        Number bytes = (Number) page.evaluate("performance.getEntries().filter(one => one.transferSize > 0"
                + " && !one.name.includes('/api/')).reduce((sum, one) => sum + one.transferSize, 0)");

        assertThat(bytes.intValue()).isBetween(20_000, FIRST_PAGE_BYTES_MAX);
    }

    @Test
    void wrongTokenIsRefusedAndTheRightOneOpens() {
        context.close();
        context = chromium.browser().newContext();
        page = context.newPage();
        page.navigate(hub.uri("/").toString());

        page.getByLabel("API key or admin token").fill("wrong");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("not known here");

        page.getByLabel("API key or admin token").fill(RunningHub.TOKEN);
        page.keyboard().press("Enter");
        assertThat(page.locator("h1")).hasText("Overview");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out"))
                .click();
        assertThat(page.locator("h1")).hasText("Sign in");
        page.reload();
        assertThat(page.locator("h1")).hasText("Sign in");
    }

    @Test
    void keyIsMadeShownOnceAndRevoked() {
        go("settings");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Make a key…"))
                .click();
        page.getByLabel("Name").fill("night desk");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Make").setExact(true))
                .click();
        assertThat(page.getByLabel("The new key")).hasValue(Pattern.compile("mk_\\S{20,}"));
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("It is kept"))
                .click();

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Revoke night desk"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Revoke").setExact(true))
                .click();
        assertThat(page.getByText("Revoked")).isVisible();
    }

    @Test
    void keysLeadEverywhere() {
        go("overview");
        page.keyboard().press("g");
        page.keyboard().press("m");
        assertThat(page.locator("h1")).hasText("Members");
        assertThat(page.locator("nav [aria-current=page]")).containsText("Members");
        page.locator("main [data-item]").first().waitFor();

        page.keyboard().press("j");
        page.keyboard().press("j");
        page.keyboard().press("k");
        assertThat(page.locator("main [data-item]").first()).isFocused();

        page.keyboard().press("/");
        assertThat(page.getByLabel("E-mail, name or id")).isFocused();
        page.keyboard().type("ana@example.org?");
        assertThat(page.getByLabel("E-mail, name or id")).hasValue("ana@example.org?");
        page.keyboard().press("Escape");

        page.keyboard().press("?");
        assertThat(page.getByRole(AriaRole.DIALOG)).containsText("to the search");
    }

    @Test
    void filterIsInTheAddress() {
        go("members");
        page.getByLabel("E-mail, name or id").fill("ana@example.org");
        assertThat(page.locator("main [data-item]")).hasCount(1);

        assertThat(page.url()).endsWith("#/members?search=ana%40example.org");
        page.reload();
        assertThat(page.getByLabel("E-mail, name or id")).hasValue("ana@example.org");
        assertThat(page.locator("main [data-item]")).hasCount(1);
    }

    @Test
    void whatTheApiSaysStaysText() {
        go("members");

        assertThat(page.getByText(MARKUP)).isVisible();
        assertThat(page.locator("main img")).hasCount(0);
    }

    @Test
    void fieldIsOverriddenAndGivenBack() {
        go("members/" + member);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Override Last name"))
                .click();
        page.getByLabel("Value").fill("Lee-Smith");
        page.getByLabel("Why").fill("She told us");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Override").setExact(true))
                .click();
        assertThat(page.locator("h1")).hasText("Ana Lee-Smith");
        assertThat(page.getByText("She told us").first()).isVisible();
        assertThat(hub.get("/api/members/" + member).path("lastName").asText()).isEqualTo("Lee-Smith");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Lift the override of Last name"))
                .click();
        assertThat(page.locator("h1")).hasText("Ana Lee");
        assertThat(errors).isEmpty();
    }

    @Test
    void flowIsStoppedAndStarted() {
        go("flows");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Stop redrive"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Stop").setExact(true))
                .click();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Start redrive"))
                .click();
        assertThat(page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Stop redrive")))
                .isVisible();
        assertThat(errors).isEmpty();
    }

    @Test
    void conflictIsResolvedByOneKey() {
        String conflict = twoPhones("keys@example.org", "11", "12");
        go("conflicts/" + conflict);
        assertThat(page.getByText("Accept incoming")).isVisible();
        assertThat(page.locator("main")).containsText("+4755555222");

        page.keyboard().press("2");

        assertThat(page.getByText("the incoming value is taken")).isVisible();
        assertThat(page.locator("[data-key='" + conflict + "']")).hasCount(0);
        assertThat(hub.get("/api/members/" + member("keys@example.org"))
                        .path("phone")
                        .asText())
                .isEqualTo("+4755555222");
        assertThat(errors).isEmpty();
    }

    @Test
    void duplicateIsMergedAndTakenApartAgain() {
        String duplicate = twoNames("house@example.org", "21", "22");
        go("duplicates/" + duplicate);
        assertThat(button("Merge 1")).isVisible();
        page.keyboard().press("1");
        assertThat(page.getByText("They are one record now")).isVisible();
        assertThat(page.locator("[data-key='" + duplicate + "']")).hasCount(0);
        assertThat(hub.get("/api/members?email=house@example.org").path("items"))
                .hasSize(1);

        go("duplicates/" + duplicate + "?status=merged");
        button("Unmerge").click();
        assertThat(page.getByText("They are two records again")).isVisible();
        assertThat(hub.get("/api/members?email=house@example.org").path("items"))
                .hasSize(2);
        assertThat(errors).isEmpty();
    }

    @Test
    void duplicateIsKeptApart() {
        String duplicate = twoNames("couple@example.org", "31", "32");
        go("duplicates/" + duplicate);
        assertThat(button("Keep apart 2")).isVisible();
        page.keyboard().press("2");
        assertThat(page.getByText("They stay two records")).isVisible();
        assertThat(hub.get("/api/duplicates/" + duplicate).path("status").asText())
                .isEqualTo("rejected");
        assertThat(errors).isEmpty();
    }

    @Test
    void personIsExportedAndErased() throws IOException {
        hub.club("person", "51", "\"email\":\"eve@example.org\",\"first\":\"Eve\",\"last\":\"Gone\"");
        hub.settled();
        String eve = member("eve@example.org");
        go("members/" + eve);

        Download download = page.waitForDownload(() -> button("Export").click());
        assertThat(download.suggestedFilename()).isEqualTo("member-" + eve + ".json");
        assertThat(Files.readString(download.path())).contains("eve@example.org");

        button("Erase…").click();
        dialog().getByLabel("Why").fill("She asked for it");
        assertThat(inDialog("Erase")).isDisabled();
        dialog().getByLabel("Write " + eve + " to go on").fill(eve);
        inDialog("Erase").click();

        Locator told = dialog().filter(new Locator.FilterOptions().setHasText("The person is erased"));
        assertThat(told).containsText("Club");
        assertThat(told).containsText("51");
        assertThat(hub.get("/api/members?email=eve@example.org").path("items")).isEmpty();
        told.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Done"))
                .click();

        go("members/" + eve);
        button("Lift the erasure…").click();
        dialog().getByLabel("Why").fill("She came back");
        inDialog("Lift").click();
        assertThat(page.getByText("The erasure is lifted")).isVisible();
        assertThat(errors).isEmpty();
    }

    @Test
    void auditIsVerified() {
        go("audit");
        assertThat(page.locator("main [data-item]").first()).isVisible();
        button("Verify the chain").click();
        assertThat(page.getByText("The audit is whole")).isVisible();
        assertThat(errors).isEmpty();
    }

    @Test
    void whoMayLookAtOneOrganizationOnlySeesThatInPeace() {
        String key = hub.post("/api/keys", "{\"name\":\"one\",\"organization\":\"default\",\"role\":\"viewer\"}")
                .path("key")
                .asText();
        open(1280, ColorScheme.LIGHT, key);
        for (String place : PAGES) {
            if (HIDDEN_FROM_A_VIEWER_OF_ONE.contains(place)) {
                continue;
            }
            go(place);
            assertThat(page.getByRole(AriaRole.ALERT).filter(new Locator.FilterOptions().setHasText(SOMETHING)))
                    .hasCount(0);
            assertThat(page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Override")))
                    .hasCount(0);
            assertThat(errors).as(place).isEmpty();
        }
        assertThat(page.locator("nav")).not().containsText(Pattern.compile("Dry run|Flows|Audit"));
        go("members/" + member);
        assertThat(errors).isEmpty();
    }

    @Test
    void whatTheHubDoesNotHaveIsSaidCalmly() {
        context.route(
                address -> address.endsWith("/api/flows"),
                route -> route.fulfill(new Route.FulfillOptions()
                        .setStatus(404)
                        .setContentType("application/problem+json")
                        .setBody("{\"type\":\"urn:muster:problem:unknown-endpoint\",\"title\":\"unknown endpoint\","
                                + "\"status\":404,\"detail\":\"There is nothing here\"}")));
        go("flows");

        assertThat(page.getByText("This hub does not have the flows yet")).isVisible();
        assertThat(page.getByRole(AriaRole.ALERT)).hasCount(0);
    }

    @Test
    void hubThatGoesAwayIsSaidAndComesBackByItself() {
        go("overview");
        Predicate<String> api = address -> address.contains("/api/");
        context.route(api, Route::abort);
        assertThat(page.getByText("The hub cannot be reached")).isVisible();
        Locator platforms = page.getByRole(AriaRole.TABLE, new Page.GetByRoleOptions().setName("Platforms"));
        assertThat(platforms).isVisible();

        context.unroute(api);
        assertThat(page.getByText("The hub cannot be reached")).isHidden();
    }

    @Test
    void chosenSchemeIsKept() {
        go("overview");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Dark").setExact(true))
                .click();
        page.reload();

        assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
    }
}
