package dev.muster.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signed Patreon deliveries of about one kilobyte, rendered before the clock runs. */
final class PatreonRequests {
    static final String SECRET = "a-secret-for-benchmarks-only";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'+00:00'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Instant FIRST_CHARGE = Instant.parse("2026-01-01T07:00:00Z");
    private static final Mac MAC = mac();

    private PatreonRequests() {}

    private static Mac mac() {
        try {
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The user's id, which is the golden member's external id. */
    static String userId(int member) {
        return Integer.toString(30_000_000 + member);
    }

    /** The amount that state number {@code state} of a member states, in cents. No two states of a member agree. */
    static int amount(int member, int state) {
        return 100 + member % 900 + state * 1_000;
    }

    /** The id of the membership at Patreon, which deliveries about it share. */
    static String memberId(int member) {
        return String.format(Locale.ROOT, "b7c1d2e3-0f4a-4c5b-8d6e-%012d", member);
    }

    static byte[] body(int member, int state) {
        String number = Integer.toString(member);
        String charged = TIME.format(FIRST_CHARGE.plusSeconds(86_400L * state + member % 3_600));
        return """
                {"data":{"attributes":{"campaign_lifetime_support_cents":%d,"currently_entitled_amount_cents":%d,\
                "email":"member%s@example.org","full_name":"Ada%s Lovelace%s","is_follower":false,"is_free_trial":false,\
                "is_gifted":false,"last_charge_date":"%s","last_charge_status":"Paid","lifetime_support_cents":%d,\
                "next_charge_date":null,"note":"","patron_status":"active_patron","pledge_cadence":1,\
                "pledge_relationship_start":"2025-11-01T07:00:00.000+00:00","will_pay_amount_cents":%d},\
                "id":"%s","relationships":{"currently_entitled_tiers":{"data":\
                [{"id":"41","type":"tier"}]},"user":{"data":{"id":"%s","type":"user"},"links":{"related":\
                "https://www.patreon.com/api/oauth2/v2/user/%s"}}},"type":"member"},"included":[{"attributes":\
                {"email":"member%s@example.org","first_name":"Ada%s","full_name":"Ada%s Lovelace%s",\
                "is_email_verified":true,"last_name":"Lovelace%s"},"id":"%s","type":"user"},{"attributes":\
                {"amount_cents":700,"title":"Gold"},"id":"41","type":"tier"}],"links":{"self":\
                "https://www.patreon.com/api/oauth2/v2/members/b7c1d2e3"}}"""
                .formatted(
                        (state + 1) * 700,
                        amount(member, state),
                        number,
                        letters(member),
                        letters(member),
                        charged,
                        (state + 1) * 700,
                        amount(member, state),
                        memberId(member),
                        userId(member),
                        userId(member),
                        number,
                        letters(member),
                        letters(member),
                        letters(member),
                        letters(member),
                        userId(member))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String letters(int number) {
        StringBuilder letters = new StringBuilder();
        for (int rest = number; rest > 0; rest /= 26) {
            letters.append((char) ('a' + rest % 26));
        }
        return letters.toString();
    }

    static synchronized String signature(byte[] body) {
        return HexFormat.of().formatHex(MAC.doFinal(body));
    }

    /** A whole HTTP request. */
    static byte[] request(String path, byte[] body, String signature) {
        byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Patreon HTTP Robot\r\n"
                        + "Content-Type: application/json\r\nX-Patreon-Event: members:update\r\nX-Patreon-Signature: "
                        + signature + "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = new byte[head.length + body.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        return whole;
    }

    static ByteBuffer signed(int member, int state) {
        byte[] body = body(member, state);
        byte[] whole = request("/api/webhooks/patreon", body, signature(body));
        ByteBuffer direct = ByteBuffer.allocateDirect(whole.length);
        return direct.put(whole).flip();
    }

    /** Every state of {@code members} members, one state after the other. */
    static ByteBuffer[] season(int firstMember, int members, int states) {
        return season(firstMember, members, states, 0);
    }

    /** The same, beginning with a later state. */
    static ByteBuffer[] season(int firstMember, int members, int states, int firstState) {
        ByteBuffer[] requests = new ByteBuffer[members * states];
        for (int state = 0; state < states; state++) {
            for (int i = 0; i < members; i++) {
                requests[state * members + i] = signed(firstMember + i, firstState + state);
            }
        }
        return requests;
    }
}
