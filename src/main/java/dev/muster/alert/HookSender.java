package dev.muster.alert;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.alert.Channel.Kind;
import dev.muster.call.PlatformAnswer;
import dev.muster.db.Ids;
import dev.muster.delivery.StandardWebhooks;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.quota.RetryAfter;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * Tells Slack, Discord, and whoever takes signed webhooks. An address of the first two is a secret, and so nothing of it but
 * the host is repeated. A redirect is a failure: what is sent goes nowhere that nobody named.
 */
final class HookSender {
    /** Slack takes 40,000 characters, and shows what is shorter as one message. */
    private static final int SLACK_MAX = 3_000;

    /** Discord refuses more than 2,000. */
    private static final int DISCORD_MAX = 2_000;

    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final int GONE = 410;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Clock clock;

    HookSender(Clock clock) {
        this.clock = clock;
    }

    /**
     * @throws Transient where it can be tried again, with what the other side asked for
     * @throws Defect where the other side wants no more (410), or the channel has no address
     */
    void send(Channel channel, Notice notice) {
        URI address = URI.create(secret(channel, Channel.URL));
        Instant now = clock.instant();
        byte[] body = body(channel.kind(), notice).toString().getBytes(StandardCharsets.UTF_8);
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .header("User-Agent", "muster")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (channel.kind() == Kind.WEBHOOK) {
            StandardWebhooks.headers(id(notice), now, body, secret(channel, Channel.SECRET))
                    .forEach(request::header);
        }
        judge(address.getHost(), answer(address.getHost(), request.build()), now);
    }

    private static String secret(Channel channel, String name) {
        return channel.secrets()
                .text(name, "alerts")
                .orElseThrow(() -> new Defect(
                        FailureCode.CREDENTIAL_MISSING, "The channel " + channel.name() + " has no " + name));
    }

    private HttpResponse<InputStream> answer(String host, HttpRequest request) {
        try {
            HttpResponse<InputStream> answer = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            // Whatever it says beside the status may be endless.
            answer.body().close();
            return answer;
        } catch (IOException e) {
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    host + " does not answer (" + e.getClass().getSimpleName() + ")",
                    null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Transient(FailureCode.STOPPING, "The hub stops", null);
        }
    }

    private static void judge(String host, HttpResponse<InputStream> answer, Instant now) {
        int status = answer.statusCode();
        if (status >= 200 && status < 300) {
            return;
        }
        String said = host + " answered " + status;
        if (status == GONE) {
            throw new Defect(
                    FailureCode.NOT_FOUND, said + ": it wants no more. Remove the channel, or mend its address");
        }
        Duration wait = answer.headers()
                .firstValue("Retry-After")
                .map(value -> RetryAfter.of(
                        new PlatformAnswer(status, Map.of("Retry-After", value), new byte[0], now, host), now))
                .orElse(null);
        if (status == 429) {
            throw new Transient(FailureCode.PLATFORM_THROTTLED, said, null, wait);
        }
        String remedy = status >= 300 && status < 400
                ? ", which leads elsewhere: name that address instead"
                : status < 500 ? ": is the address of the channel right?" : "";
        throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, said + remedy, null, wait);
    }

    private static String id(Notice notice) {
        return "notice_" + Ids.format(notice.id());
    }

    private static ObjectNode body(Kind kind, Notice notice) {
        ObjectNode body = JSON.createObjectNode();
        return switch (kind) {
            case SLACK -> body.put("text", cut(slackText(notice.title() + '\n' + notice.text()), SLACK_MAX));
            case DISCORD -> {
                body.put("content", cut(notice.title() + '\n' + notice.text(), DISCORD_MAX));
                // Nobody is called by a name that happens to stand in it.
                body.putObject("allowed_mentions").putArray("parse");
                yield body;
            }
            case WEBHOOK -> {
                body.put("type", "alert." + notice.kind());
                body.put(
                        "timestamp",
                        notice.createdAt().truncatedTo(ChronoUnit.MILLIS).toString());
                body.putObject("data")
                        .put("alertId", Ids.format(notice.alertId()))
                        .put("rule", notice.rule())
                        .put("severity", notice.severity())
                        .put("organization", notice.organization())
                        .put("platform", notice.platform())
                        .put("title", notice.title())
                        .put("text", notice.text());
                yield body;
            }
            case EMAIL -> throw new IllegalArgumentException("E-mail goes another way");
        };
    }

    private static String slackText(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + '…';
    }
}
