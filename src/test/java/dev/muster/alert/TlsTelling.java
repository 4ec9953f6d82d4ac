package dev.muster.alert;

import dev.muster.alert.Channel.Kind;
import dev.muster.alert.Channel.Mail;
import dev.muster.alert.Channel.Tls;
import dev.muster.db.Ids;
import dev.muster.failure.Failure;
import dev.muster.platform.Secrets;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells one channel in a Java of its own, whose trust store is the one that it was started with. Arguments: {@code mail} or
 * {@code webhook}, and the port. Ends with 0 where it was told, 3 where it was not, and says why.
 */
final class TlsTelling {
    private TlsTelling() {}

    public static void main(String[] arguments) {
        int port = Integer.parseInt(arguments[1]);
        boolean isMail = arguments[0].equals("mail");
        Channel channel = new Channel(
                "office",
                isMail ? Kind.EMAIL : Kind.WEBHOOK,
                EnumSet.allOf(Severity.class),
                Set.of(),
                isMail
                        ? new Mail("127.0.0.1", port, Tls.TLS, null, "muster@example.org", List.of("ops@example.org"))
                        : null,
                isMail
                        ? Secrets.none()
                        : Secrets.of(Map.of("url", "https://127.0.0.1:" + port + "/hook", "secret", arguments[2])));
        Instant at = Instant.parse("2026-10-03T13:00:00Z");
        Notice notice = new Notice(
                42, 7, "office", "fired", "page", "rule", "north", "patreon", "By TLS", "a text", at, 1, at, null, null,
                null);
        try {
            new Channels(() -> new AlertSettings(List.of(), List.of(channel)), new Ids(), Clock.systemUTC())
                    .send(notice);
        } catch (Failure refused) {
            System.out.println(refused.getMessage());
            System.exit(3);
        }
        System.exit(0);
    }
}
