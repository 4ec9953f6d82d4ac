package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import dev.muster.alert.Channel.Kind;
import dev.muster.alert.Channel.Mail;
import dev.muster.alert.Channel.Tls;
import dev.muster.db.HandClock;
import dev.muster.db.Ids;
import dev.muster.delivery.StandardWebhooks;
import dev.muster.failure.Defect;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import dev.muster.platform.Secrets;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What channels are told, and what is said where they do not take it. */
class ChannelsTest {
    private static final String SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    private static final Instant AT = Instant.parse("2026-10-03T13:00:00Z");

    private final HandClock clock = new HandClock();
    private final List<Heard> heard = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private GreenMail mails;
    private volatile int status = 200;
    private volatile Map<String, String> headers = Map.of();

    private record Heard(String path, Map<String, List<String>> headers, byte[] body) {
        JsonNode json() {
            try {
                return new ObjectMapper().readTree(body);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        String header(String name) {
            return headers.entrySet().stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .map(header -> header.getValue().get(0))
                    .findFirst()
                    .orElse("");
        }
    }

    @BeforeEach
    void listen() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            heard.add(new Heard(
                    exchange.getRequestURI().getPath(),
                    Map.copyOf(exchange.getRequestHeaders()),
                    exchange.getRequestBody().readAllBytes()));
            headers.forEach(exchange.getResponseHeaders()::add);
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        mails = new GreenMail(new ServerSetup[] {
            new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP),
            new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTPS)
        });
        mails.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        mails.stop();
    }

    private Channel hook(Kind kind) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/services/very-secret";
        return new Channel(
                "office",
                kind,
                EnumSet.allOf(Severity.class),
                Set.of(),
                null,
                Secrets.of(Map.of("url", url, "secret", SECRET)));
    }

    private Channel mail(int port, Tls tls, String user, List<String> to) {
        Map<String, String> secrets = user == null ? Map.of() : Map.of("password", "sesame");
        return new Channel(
                "office",
                Kind.EMAIL,
                EnumSet.allOf(Severity.class),
                Set.of(),
                new Mail("127.0.0.1", port, tls, user, "muster@example.org", to),
                Secrets.of(secrets));
    }

    private Channels channels(Channel channel) {
        return new Channels(() -> new AlertSettings(List.of(), List.of(channel)), new Ids(), clock);
    }

    private static Notice notice(String title, String text) {
        return new Notice(
                42, 7, "office", "fired", "page", "rule", "north", "patreon", title, text, AT, 1, AT, null, null, null);
    }

    private Heard told(Kind kind, String title, String text) {
        channels(hook(kind)).send(notice(title, text));
        assertThat(heard).hasSize(1);
        return heard.get(0);
    }

    @Test
    void slackIsToldText() {
        assertThat(told(Kind.SLACK, "<!channel> & co", "line").json())
                .hasToString("{\"text\":\"&lt;!channel&gt; &amp; co\\nline\"}");
    }

    @Test
    void slackIsToldNoMoreThanItShows() {
        assertThat(told(Kind.SLACK, "title", "x".repeat(50_000))
                        .json()
                        .path("text")
                        .asText())
                .hasSize(3_000)
                .endsWith("…");
    }

    @Test
    void discordIsToldNoMoreThanItTakesAndCallsNobody() {
        JsonNode body = told(Kind.DISCORD, "@everyone", "x".repeat(5_000)).json();

        assertThat(body.path("content").asText()).hasSize(2_000).startsWith("@everyone\n");
        assertThat(body.path("allowed_mentions").path("parse").isEmpty()).isTrue();
    }

    @Test
    void aWebhookIsSignedAndHasTheSameIdEachTime() {
        Heard first = told(Kind.WEBHOOK, "title", "text");
        clock.advance(Duration.ofMinutes(3));
        channels(hook(Kind.WEBHOOK)).send(notice("title", "text"));

        String id = first.header("webhook-id");
        assertThat(first.header("webhook-signature"))
                .isEqualTo(
                        StandardWebhooks.headers(id, AT, first.body(), SECRET).get("webhook-signature"));
        assertThat(first.header("webhook-timestamp")).isEqualTo("" + AT.getEpochSecond());
        assertThat(heard.get(1).header("webhook-id")).isEqualTo(id);
        assertThat(heard.get(1).header("webhook-timestamp"))
                .isEqualTo("" + AT.plusSeconds(180).getEpochSecond());
        assertThat(first.json().path("type").asText()).isEqualTo("alert.fired");
        assertThat(first.json().path("data").path("organization").asText()).isEqualTo("north");
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 307, 400, 404, 500})
    void whatIsNotTakenIsTriedAgainAndNoRedirectIsFollowed(int refused) {
        status = refused;
        headers = Map.of("Location", "/elsewhere");
        Channels channels = channels(hook(Kind.SLACK));

        assertThatThrownBy(() -> channels.send(notice("title", "text")))
                .isInstanceOf(Transient.class)
                .hasMessageContaining("127.0.0.1 answered " + refused)
                .hasMessageNotContaining("very-secret");
        assertThat(heard).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "6.2"})
    void whoAsksForPatienceGetsIt(String wait) {
        status = 429;
        headers = Map.of("Retry-After", wait);
        Transient asked = catchThrowableOfType(
                Transient.class, () -> channels(hook(Kind.DISCORD)).send(notice("title", "text")));

        assertThat(asked.retryAfter()).isBetween(Duration.ofSeconds(6), Duration.ofSeconds(7));
    }

    @Test
    void whoWantsNoMoreIsNotAskedAgain() {
        status = 410;

        assertThatThrownBy(() -> channels(hook(Kind.WEBHOOK)).send(notice("title", "text")))
                .isInstanceOf(Defect.class)
                .hasMessageContaining("wants no more");
    }

    @Test
    void whoIsAwayIsTriedAgain() {
        server.stop(0);

        assertThatThrownBy(() -> channels(hook(Kind.SLACK)).send(notice("title", "text")))
                .isInstanceOf(Transient.class)
                .hasMessageContaining("127.0.0.1 does not answer")
                .hasMessageNotContaining("very-secret");
    }

    @Test
    void eMailsAreSentToEachAddress() throws Exception {
        mails.setUser("muster", "sesame");
        int port = mails.getSmtp().getPort();
        Channel office = mail(port, Tls.NONE, "muster", List.of("ada@example.org", "grace@example.org"));
        channels(office).send(notice("[page] failed\r\nBcc: eve@example.org", "Zoë has to look"));

        MimeMessage[] received = mails.getReceivedMessages();
        assertThat(received).hasSize(2);
        assertThat(received[0].getSubject()).startsWith("[page] failed");
        assertThat(received[0].getHeader("Bcc")).isNull();
        assertThat(received[0].getContent().toString().strip()).isEqualTo("Zoë has to look");
        assertThat(received[0].getHeader("Auto-Submitted")).containsExactly("auto-generated");
        assertThat(received[0].getMessageID())
                .isEqualTo(received[1].getMessageID())
                .endsWith("@example.org>");
    }

    @Test
    void aWrongPasswordIsSaidWithoutIt() {
        mails.getUserManager().setAuthRequired(true);
        mails.setUser("muster", "another");
        Channel office = mail(mails.getSmtp().getPort(), Tls.NONE, "muster", List.of("ada@example.org"));

        assertThatThrownBy(() -> channels(office).send(notice("title", "text")))
                .isInstanceOf(Transient.class)
                .hasMessageContaining("does not take the user and password")
                .hasMessageNotContaining("sesame");
        assertThat(mails.getReceivedMessages()).isEmpty();
    }

    @Test
    void aServerThatCannotBeSpokenToInSecretIsToldNothing() {
        Channel office = mail(mails.getSmtp().getPort(), Tls.STARTTLS, "muster", List.of("ada@example.org"));

        assertThatThrownBy(() -> channels(office).send(notice("title", "text")))
                .isInstanceOf(Transient.class)
                .hasMessageContaining("STARTTLS");
        assertThat(mails.getReceivedMessages()).isEmpty();
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefused() {
        Channel office = mail(mails.getSmtps().getPort(), Tls.TLS, null, List.of("ada@example.org"));

        assertThatThrownBy(() -> channels(office).send(notice("title", "text")))
                .isInstanceOf(Transient.class)
                .hasMessageContaining("did not take the e-mail");
        assertThat(mails.getReceivedMessages()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyChannelCanBeTested(Kind kind) {
        Channel channel = kind == Kind.EMAIL
                ? mail(mails.getSmtp().getPort(), Tls.NONE, null, List.of("ada@example.org"))
                : hook(kind);

        assertThat(channels(channel).test("office")).isEmpty();
        if (kind == Kind.EMAIL) {
            assertThat(mails.getReceivedMessages()).hasSize(1);
        } else {
            assertThat(new String(heard.get(0).body(), StandardCharsets.UTF_8)).contains("[test]");
        }
    }

    @Test
    void aTestSaysWhatWentWrong() {
        status = 404;

        assertThat(channels(hook(Kind.SLACK)).test("office")).hasValueSatisfying(said -> assertThat(said)
                .contains("answered 404", "is the address of the channel right?"));
        assertThatThrownBy(() -> channels(hook(Kind.SLACK)).test("nowhere")).isInstanceOf(Refusal.class);
    }

    @Test
    void aChannelIsToldWhatItWants() {
        Channel pages = new Channel("pages", Kind.SLACK, Set.of(Severity.PAGE), Set.of("north"), null, Secrets.none());

        assertThat(pages.wants(alert(Severity.PAGE, "north"))).isTrue();
        assertThat(pages.wants(alert(Severity.TICKET, "north"))).isFalse();
        assertThat(pages.wants(alert(Severity.PAGE, "south"))).isFalse();
        assertThat(pages.wants(alert(Severity.PAGE, ""))).isFalse();
        assertThat(hook(Kind.SLACK).wants(alert(Severity.TICKET, ""))).isTrue();
    }

    private static Alert alert(Severity severity, String organization) {
        return new Alert(
                1, "rule", severity, organization, "", Alert.State.FIRING, AT, 1, AT, AT, null, null, null, null);
    }
}
