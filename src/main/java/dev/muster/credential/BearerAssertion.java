package dev.muster.credential;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.call.CredentialUnusable;
import dev.muster.platform.Integration;
import dev.muster.platform.Secrets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.UUID;

/** What an integration signs with its own key in the place of a secret (RFC 7523). */
final class BearerAssertion {
    private BearerAssertion() {}

    /**
     * Signs one.
     *
     * @throws TokenEndpoint.Refused where the integration has no private key, or one that is none
     * @throws CredentialUnusable where it has not what the claims name
     */
    static SignedJWT sign(Integration integration, AuthSettings.Assertion assertion, Instant now) {
        Placeholders placeholders = new Placeholders(integration, "");
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer(placeholders.filled(assertion.issuer()))
                .subject(placeholders.filled(assertion.subject()))
                .audience(placeholders.filled(assertion.audience()))
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(assertion.lifetime())))
                .jwtID(UUID.randomUUID().toString())
                .build();
        char[] pem = integration
                .secrets()
                .open(Secrets.PRIVATE_KEY, "token")
                .orElseThrow(() -> new TokenEndpoint.Refused("it has no privateKey"));
        try {
            PrivateKey key = privateKey(pem);
            boolean elliptic = key instanceof ECPrivateKey;
            JWSSigner signer = elliptic ? new ECDSASigner((ECPrivateKey) key) : new RSASSASigner(key);
            SignedJWT jwt = new SignedJWT(new JWSHeader(elliptic ? JWSAlgorithm.ES256 : JWSAlgorithm.RS256), claims);
            jwt.sign(signer);
            return jwt;
        } catch (GeneralSecurityException | JOSEException | IllegalArgumentException e) {
            throw new TokenEndpoint.Refused("its privateKey is none: it has to be PEM, PKCS #8, RSA or EC P-256, as"
                    + " `openssl pkcs8 -topk8 -nocrypt` makes");
        } finally {
            Arrays.fill(pem, '\0');
        }
    }

    private static PrivateKey privateKey(char[] pem) throws GeneralSecurityException {
        String text = new String(pem).replace("\\n", "\n");
        byte[] der = Base64.getMimeDecoder()
                .decode(text.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "").strip());
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
        Arrays.fill(der, (byte) 0);
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (GeneralSecurityException e) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }
}
