package dev.muster.journey;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.RequestOptions;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.RunningHub;
import dev.muster.StubPlatform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A hub with a club's people, and a browser at its dashboard; each test makes the people that it acts on. */
abstract class DashboardDesk {
    static final String MARKUP = "<img src=x onerror=alert(1)>";
    /** Whether memberships of the club can be worked on; a system property, as the club's flow reads it. */
    static final String BOOKS = "muster.test.books";

    static final String BOOKS_ASKED = """
                    - choice:
                        when:
                          - simple: "${body.kind} == 'membership' && ${sys.muster.test.books} == 'closed'"
                            steps:
                              - throwException:
                                  exceptionType: java.lang.IllegalStateException
                                  message: The books of the club are closed
                          - simple: "${body.kind} == 'membership' && ${sys.muster.test.books} == 'lost'"
                            steps:
                              - throwException:
                                  exceptionType: java.lang.UnsupportedOperationException
                                  message: The books of the club are lost
            """;

    /** A platform that is read; its name is none that words of its id could make. */
    private static final String ROSTER = """
            platform: roster
            title: RunSignOff
            api: { baseUrl: "http://127.0.0.1:1" }
            webhook: { signature: { scheme: token, header: X-Roster-Token } }
            quota: { windows: [ { calls: 100000, per: PT1S } ] }
            streams:
              people:
                path: /people
                paging: { kind: cursor, parameter: after, next: next }
                items: data
                record: person
                schedule: { every: P1D }
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: at
                  fields:
                    - { source: email, target: email, type: email }
                    - { source: last, target: lastName, type: name }
            """;

    private static final String ALERTS = """
            rules:
              - { name: room, what: disk-free, below: 1000000000, severity: ticket }
            channels:
              - { name: pager, kind: webhook, url: "${TEST_PAGER}", secret: "${TEST_PAGER_SECRET}" }
              - { name: gone, kind: slack, url: "${TEST_NOWHERE}" }
            """;

    @TempDir
    static Path directory;

    /** What the roster lists, and what the pager was told. */
    static volatile String roster = "";

    static final List<String> heard = new CopyOnWriteArrayList<>();
    private static HttpServer outside;

    static Chromium chromium;
    static PlatformHub hub;
    static String member;

    final List<String> errors = new CopyOnWriteArrayList<>();
    BrowserContext context;
    Page page;
    int visits;

    @BeforeAll
    static void start() throws IOException {
        outside = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        outside.createContext("/people", call -> answer(call, "{\"data\":[" + roster + "]}"));
        outside.createContext("/pager", call -> {
            heard.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            answer(call, "{}");
        });
        outside.start();
        String origin = "http://127.0.0.1:" + outside.getAddress().getPort();
        chromium = Chromium.start();
        setDefaultAssertionTimeout(Chromium.PATIENCE_MILLIS / 2);
        hub = PlatformHub.in(directory)
                .withClub()
                .add("config/platforms/roster.yaml", ROSTER)
                .add("routes/platforms/roster.camel.yaml", StubPlatform.flow("roster"))
                .add("config/alerts.yaml", ALERTS)
                .with("ROSTER_API_KEY", "key")
                .with("ROSTER_BASE_URL", origin)
                .with("TEST_NOWHERE", "http://127.0.0.1:1/")
                .with("TEST_PAGER", origin + "/pager")
                .with("TEST_PAGER_SECRET", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
                .with("MUSTER_ALERTS_LOOK_MS", "200")
                .edit("routes/platforms/club.camel.yaml", "        - bean:", BOOKS_ASKED + "        - bean:")
                .edit("config/survivorship.yaml", "birthDate: review", "birthDate: review\n      phone: review")
                .start();
        hub.club("person", "1", "\"email\":\"ana@example.org\",\"first\":\"Ana\",\"last\":\"Lee\"");
        hub.club("person", "2", "\"email\":\"bo@example.org\",\"first\":\"" + MARKUP + "\"");
        hub.settled();
        member = member("ana@example.org");
        twoPhones("seen@example.org", "3", "4");
        twoNames("seen-too@example.org", "5", "6");
        die("lost", "m-1");
    }

    private static void answer(HttpExchange call, String json) throws IOException {
        StubPlatform.json(call, json.getBytes(StandardCharsets.UTF_8));
        call.close();
    }

    static String member(String email) {
        return hub.get("/api/members?email=" + email).at("/items/0/id").asText();
    }

    /** Two accounts of one person that say different telephone numbers, which a person has to settle. */
    static String twoPhones(String email, String one, String other) {
        String said = "\"email\":\"" + email + "\",\"first\":\"Cleo\",\"last\":\"Rose\",\"phone\":\"+4755555%s\"";
        hub.club("person", one, said.formatted("111"));
        hub.settled();
        hub.club("person", other, said.formatted("222"));
        hub.settled();
        JsonNode conflicts = hub.get("/api/conflicts?field=phone").path("items");
        assertThat(conflicts).isNotEmpty();
        return conflicts.get(0).path("id").asText();
    }

    /** Two people with one address. */
    static String twoNames(String email, String one, String other) {
        return twoPeople(email, one, "Dora Hill", other, "Edgar Poole");
    }

    static String twoPeople(String email, String one, String name, String other, String otherName) {
        String said = "\"email\":\"" + email + "\",\"first\":\"%s\",\"last\":\"%s\"";
        hub.club("person", one, said.formatted((Object[]) name.split(" ")));
        hub.settled();
        hub.club("person", other, said.formatted((Object[]) otherName.split(" ")));
        hub.settled();
        JsonNode duplicates = hub.get("/api/duplicates").path("items");
        assertThat(duplicates).isNotEmpty();
        return duplicates.get(0).path("id").asText();
    }

    /** Memberships that cannot be worked on now. */
    static void die(String books, String... memberships) {
        System.setProperty(BOOKS, books);
        for (String membership : memberships) {
            hub.club("membership", membership, "\"person\":\"1\",\"status\":\"active\"");
        }
        hub.settled();
        System.clearProperty(BOOKS);
    }

    Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    Locator dialog() {
        return page.getByRole(AriaRole.DIALOG);
    }

    Locator inDialog(String button) {
        return dialog().getByRole(
                        AriaRole.BUTTON,
                        new Locator.GetByRoleOptions().setName(button).setExact(true));
    }

    @AfterAll
    static void stop() {
        System.clearProperty(BOOKS);
        if (hub != null) {
            hub.close();
        }
        if (chromium != null) {
            chromium.close();
        }
        if (outside != null) {
            outside.stop(0);
        }
    }

    @BeforeEach
    void open() {
        open(1280, ColorScheme.LIGHT);
    }

    void open(int width, ColorScheme scheme) {
        open(width, scheme, RunningHub.TOKEN);
    }

    void open(int width, ColorScheme scheme, String token) {
        close();
        context = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(width, 850)
                        .setColorScheme(scheme));
        context.setDefaultTimeout(Chromium.PATIENCE_MILLIS / 2);
        context.addInitScript("localStorage.setItem('muster.signed-in', 'yes')");
        // the cookie stays with the context
        assertThat(context.request()
                        .post(
                                hub.uri("/api/session").toString(),
                                RequestOptions.create().setData(Map.of("token", token)))
                        .status())
                .isEqualTo(200);
        page = context.newPage();
        page.onPageError(errors::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                errors.add(message.text() + " at " + message.location());
            }
        });
    }

    @AfterEach
    void close() {
        if (context != null) {
            context.close();
            context = null;
        }
    }

    void go(String place) {
        // another address each time: a page that only gets another fragment is not loaded anew
        page.navigate(hub.uri("/?" + ++visits + "#/" + place).toString());
        page.locator("main h1").waitFor();
        assertThat(page.locator("main [aria-busy=true], main .bones")).hasCount(0);
    }
}
