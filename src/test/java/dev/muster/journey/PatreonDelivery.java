package dev.muster.journey;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Patreon webhooks as a test writes them: a member's state, really signed. */
public record PatreonDelivery(
        String member, String email, String firstName, String lastName, int cents, String chargedAt) {
    public static final String SECRET = "hub-test-secret";

    public byte[] body() {
        return ("""
                {"data":{"type":"member","id":"%s","attributes":{"email":"%s","full_name":"%s %s",\
                "patron_status":"active_patron","will_pay_amount_cents":%d,"currently_entitled_amount_cents":%d,\
                "last_charge_date":"%s","last_charge_status":"Paid"},"relationships":{\
                "user":{"data":{"type":"user","id":"u-%s"}},"campaign":{"data":{"type":"campaign","id":"77"}},\
                "currently_entitled_tiers":{"data":[]}}},"included":[{"type":"user","id":"u-%s",\
                "attributes":{"first_name":"%s","last_name":"%s"}}]}""".formatted(
                                member, email, firstName, lastName, cents, cents, chargedAt, member, member, firstName,
                                lastName))
                .getBytes(StandardCharsets.UTF_8);
    }

    public static String signature(byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
