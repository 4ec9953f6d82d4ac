package dev.muster.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signed Patreon webhooks of about 1 KB, rendered beforehand. */
final class Deliveries {
    static final String SECRET = "bench-secret-of-patreon-0123456789";
    static final String PATH = "/api/webhooks/patreon";
    /** Brings the body to about 1 KB. */
    private static final String NOTE = "met at the spring concert; prefers letters to calls. ".repeat(2).strip();
    private static final Instant FIRST_CHARGE = Instant.parse("2025-01-01T08:24:05Z");

    private final Mac mac;

    Deliveries() {
        try {
            mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the golden record of a member must say after its last version. */
    static String email(int member) {
        return "member" + member + "@example.org";
    }

    static String lastName(int version) {
        return "Version" + letters(version).toLowerCase(Locale.ROOT);
    }

    static long amount(int version) {
        return 100 + version;
    }

    /** Names are made of letters, so that no cleaning of names touches them. */
    private static String letters(int number) {
        StringBuilder text = new StringBuilder();
        int rest = number;
        do {
            text.append((char) ('A' + rest % 26));
            rest /= 26;
        } while (rest > 0);
        return text.toString();
    }

    /** A member's state at its n-th change; a later version has a later charge date. */
    static byte[] body(int member, int version) {
        Instant charged = FIRST_CHARGE.plusSeconds(86_400L * version);
        String text = String.format(
                Locale.ROOT,
                "{\"data\":{\"attributes\":{\"campaign_lifetime_support_cents\":%d,\"currently_entitled_amount_cents\":%d,"
                        + "\"email\":\"%s\",\"full_name\":\"Member %s\",\"is_follower\":false,\"last_charge_date\":\"%s\","
                        + "\"last_charge_status\":\"Paid\",\"lifetime_support_cents\":240,"
                        + "\"next_charge_date\":\"2027-04-08T00:00:00.000+00:00\",\"note\":\"%s\",\"patron_status\":\"active_patron\","
                        + "\"pledge_cadence\":1,\"pledge_relationship_start\":\"2023-02-08T16:36:58.615+00:00\","
                        + "\"will_pay_amount_cents\":%d},\"id\":\"%s\",\"relationships\":{\"address\":{\"data\":null},"
                        + "\"campaign\":{\"data\":{\"id\":\"9441253\",\"type\":\"campaign\"},\"links\":{\"related\":"
                        + "\"https://www.patreon.com/api/oauth2/v2/campaigns/9441253\"}},\"currently_entitled_tiers\":{\"data\":"
                        + "[{\"id\":\"9512103\",\"type\":\"tier\"},{\"id\":\"9512023\",\"type\":\"tier\"}]},"
                        + "\"user\":{\"data\":{\"id\":\"%d\",\"type\":\"user\"},\"links\":{\"related\":"
                        + "\"https://www.patreon.com/api/oauth2/v2/user/%d\"}}},\"type\":\"member\"}}",
                240 + version,
                amount(version),
                email(member),
                lastName(version),
                charged,
                NOTE,
                amount(version),
                memberId(member),
                userId(member),
                userId(member));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String memberId(int member) {
        return String.format(Locale.ROOT, "%08x-dfc9-457b-bb88-89df59777251", member);
    }

    static int userId(int member) {
        return 10_000_000 + member;
    }

    String signature(byte[] body) {
        return HexFormat.of().formatHex(mac.doFinal(body));
    }

    /** The whole request, signed. */
    ByteBuffer request(byte[] body) {
        return request(body, signature(body));
    }

    static ByteBuffer request(byte[] body, String signature) {
        byte[] head = ("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "User-Agent: Patreon HTTP Robot\r\nX-Patreon-Event: members:update\r\nX-Patreon-Signature: "
                        + signature + "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer request = ByteBuffer.allocate(head.length + body.length);
        request.put(head).put(body).flip();
        return request;
    }

    /** {@code count} requests: all members' first versions, then all second ones, and so on. */
    static ByteBuffer[] rounds(int count, int members) {
        Deliveries deliveries = new Deliveries();
        ByteBuffer[] requests = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            requests[i] = deliveries.request(body(i % members, i / members));
        }
        return requests;
    }
}
