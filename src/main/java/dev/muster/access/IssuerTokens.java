package dev.muster.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.platform.Integrations;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens of an OpenID issuer, such as Auth0 gives machines: JWTs with an RS256 signature. What they may is in their scopes.
 */
final class IssuerTokens {
    private static final Logger LOG = LoggerFactory.getLogger(IssuerTokens.class);
    private static final int REASON_MAX = 200;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    private final IssuerSettings settings;
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

    IssuerTokens(IssuerSettings settings, Clock clock) {
        this.settings = settings;
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt")));
        // never what the token says itself: an RSA key is public, and would do as the secret of an HS256
        processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(JWSAlgorithm.RS256, new IssuerKeys(settings.keys(), clock)));
        processor.setJWTClaimsSetVerifier(new Claims(settings, clock));
    }

    /** Whether a text could be one. */
    static boolean hasForm(String text) {
        return text.startsWith("ey") && text.indexOf('.') > 0;
    }

    /**
     * Whose token a text is.
     *
     * @throws Transient where the issuer's keys cannot be had now
     */
    Verdict check(String text) {
        JWTClaimsSet claims;
        try {
            SignedJWT token = SignedJWT.parse(text);
            if (token.getHeader().getKeyID() == null) {
                return Verdict.guess("The token does not say which key signed it (kid)");
            }
            claims = processor.process(token, null);
        } catch (ParseException e) {
            return Verdict.guess("This is not a signed JWT");
        } catch (BadJWTException e) {
            // of our issuer, signed by it, and still not for us or not for now
            return Verdict.spent(reason(e));
        } catch (BadJOSEException e) {
            return Verdict.guess(reason(e));
        } catch (JOSEException e) {
            LOG.error("The keys of {} cannot be had, so its tokens are not taken: {}", settings.issuer(), e.toString());
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    "The keys of the token's issuer cannot be had now; try again",
                    null,
                    RETRY_AFTER);
        }
        String client = client(claims).isEmpty() ? claims.getSubject() : client(claims);
        String organization = organization(claims);
        return Verdict.good(new Caller(
                "client:" + String.join("|", claims.getIssuer(), client, organization == null ? "" : organization),
                "client " + client,
                permissions(claims),
                organization));
    }

    private static String reason(Exception refused) {
        String text = "The token is refused: " + refused.getMessage();
        return text.length() > REASON_MAX ? text.substring(0, REASON_MAX) + "…" : text;
    }

    /** {@code azp} in Auth0's own profile, {@code client_id} in that of RFC 9068. */
    private static String client(JWTClaimsSet claims) {
        if (claims.getClaim("azp") instanceof String party) {
            return party;
        }
        return claims.getClaim("client_id") instanceof String client ? client : "";
    }

    private Set<Permission> permissions(JWTClaimsSet claims) {
        List<String> scopes = new ArrayList<>();
        if (claims.getClaim("scope") instanceof String scope) {
            scopes.addAll(List.of(scope.split(" ")));
        }
        if (settings.permissionsCount() && claims.getClaim("permissions") instanceof List<?> listed) {
            listed.forEach(one -> scopes.add(String.valueOf(one)));
        }
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        scopes.forEach(scope -> Permission.ofScope(scope).ifPresent(permissions::add));
        return permissions;
    }

    private @Nullable String organization(JWTClaimsSet claims) {
        return settings.organizationClaim().isEmpty()
                ? null
                : String.valueOf(claims.getClaim(settings.organizationClaim()));
    }

    /** Issuer, audience, times, client and organization. */
    private static final class Claims extends DefaultJWTClaimsVerifier<SecurityContext> {
        private final IssuerSettings settings;
        private final Clock clock;

        Claims(IssuerSettings settings, Clock clock) {
            super(
                    settings.audience(),
                    new JWTClaimsSet.Builder().issuer(settings.issuer()).build(),
                    Set.of("sub", "iat", "exp"));
            this.settings = settings;
            this.clock = clock;
            setMaxClockSkew((int) settings.leeway().toSeconds());
        }

        @Override
        protected Date currentTime() {
            return Date.from(clock.instant());
        }

        @Override
        public void verify(JWTClaimsSet claims, @Nullable SecurityContext context) throws BadJWTException {
            super.verify(claims, context);
            Instant latest = clock.instant().plus(settings.leeway());
            if (claims.getIssueTime().toInstant().isAfter(latest)) {
                throw new BadJWTException("It was issued in the future: are the clocks right?");
            }
            if (!settings.clients().isEmpty() && !settings.clients().contains(client(claims))) {
                throw new BadJWTException("Its client is not one of MUSTER_ACCESS_JWT_CLIENTS");
            }
            if (!settings.organizationClaim().isEmpty()
                    && !(claims.getClaim(settings.organizationClaim()) instanceof String organization
                            && Integrations.ID.matcher(organization).matches())) {
                throw new BadJWTException("It names no organization in its claim " + settings.organizationClaim());
            }
        }
    }
}
