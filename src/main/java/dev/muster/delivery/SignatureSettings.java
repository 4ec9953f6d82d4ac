package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.delivery.MessageTemplate.Part;
import dev.muster.delivery.ReplayWindow.Unit;
import dev.muster.delivery.SecretFormat.Kind;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a platform signs, as its file says under {@code webhook.signature}. What each scheme may and must be told is
 * checked while reading; a setting that the scheme does not know is a problem, so that none is believed to hold that
 * does not.
 *
 * @param scheme the kind of proof
 * @param digest for {@code hmac} and {@code hash}
 * @param encoding how signatures are written; null for tokens that are compared as text
 * @param message what is signed
 * @param carrier where the signatures are; null for schemes that know it themselves
 * @param secretFormat how a secret's text becomes a key
 * @param idHeader the header with the signed id; null where none is signed
 * @param timestampHeader the header with the signed time; null where there is none or it comes with the signature
 * @param window the replay window
 * @param signedFormField the form field that is signed in the body's place; null where it is the whole body
 * @param origin scheme and host by which the platform knows this hub; null where requests tell it truly
 * @param unescape the characters whose percent-escapes the platform decodes in the URL before signing
 * @param field the place of the token in the JSON body, for {@code json-field}; else null
 * @param prefix what stands before a token in its header
 */
public record SignatureSettings(
        Scheme scheme,
        SignatureDigest digest,
        @Nullable SignatureEncoding encoding,
        MessageTemplate message,
        @Nullable SignatureCarrier carrier,
        SecretFormat secretFormat,
        @Nullable String idHeader,
        @Nullable String timestampHeader,
        ReplayWindow window,
        @Nullable String signedFormField,
        @Nullable String origin,
        String unescape,
        @Nullable JsonPointer field,
        String prefix) {

    /** The kinds of proof. The lower-case name with hyphens is the one in configuration. */
    enum Scheme {
        HMAC,
        HASH,
        ED25519,
        STANDARD_WEBHOOKS,
        TOKEN,
        PATH,
        JSON_FIELD
    }

    private enum Several {
        SPACE_LIST,
        PAIRS
    }

    private static final MessageTemplate BODY_ALONE = MessageTemplate.of("{body}");
    private static final String WITHOUT_LIMIT = "none";

    /**
     * Reads the {@code webhook.signature} object of a platform's file.
     *
     * @throws IllegalArgumentException with all problems, one a line
     */
    public static SignatureSettings of(JsonNode section) {
        List<String> problems = new ArrayList<>();
        SignatureSettings settings = read(new Section(section, "/webhook/signature", problems));
        if (settings == null || !problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
        return settings;
    }

    /** @return null only where there is a problem */
    static @Nullable SignatureSettings read(Section section) {
        int before = section.problems().size();
        Scheme scheme = section.choice("scheme", Scheme.class);
        if (scheme == null) {
            if (section.problems().size() == before) {
                section.problem("scheme is missing; a platform that signs nothing needs \"scheme: path\", "
                        + "a secret in its URL");
            }
            return null;
        }
        SignatureSettings settings =
                switch (scheme) {
                    case HMAC, HASH, ED25519 -> signed(scheme, section);
                    case STANDARD_WEBHOOKS -> standard(section);
                    case TOKEN -> token(section);
                    case PATH -> bare(Scheme.PATH, null, null, null, "");
                    case JSON_FIELD -> jsonField(section);
                };
        section.end();
        return section.problems().size() == before ? settings : null;
    }

    private static SignatureSettings bare(
            Scheme scheme,
            @Nullable SignatureEncoding encoding,
            @Nullable SignatureCarrier carrier,
            @Nullable JsonPointer field,
            String prefix) {
        return new SignatureSettings(
                scheme,
                SignatureDigest.SHA256,
                encoding,
                BODY_ALONE,
                carrier,
                SecretFormat.TEXT,
                null,
                null,
                ReplayWindow.NONE,
                null,
                null,
                "",
                field,
                prefix);
    }

    private static SignatureSettings standard(Section section) {
        Section timestamp = section.section("timestamp");
        Duration tolerance = tolerance(timestamp);
        timestamp.end();
        return new SignatureSettings(
                Scheme.STANDARD_WEBHOOKS,
                SignatureDigest.SHA256,
                SignatureEncoding.BASE64,
                MessageTemplate.of("{id}.{timestamp}.{body}"),
                null,
                new SecretFormat(Kind.BASE64, "whsec_"),
                null,
                null,
                new ReplayWindow(Unit.SECONDS, tolerance, null),
                null,
                null,
                "",
                null,
                "");
    }

    private static SignatureSettings token(Section section) {
        String header = section.header("header");
        if (header == null) {
            section.problem("header is missing: which header carries the token?");
        }
        String prefix = section.text("prefix", "");
        SignatureEncoding encoding = section.choice("encoding", SignatureEncoding.class);
        SignatureCarrier carrier = header == null ? null : new SignatureCarrier.Header(header, prefix);
        return bare(Scheme.TOKEN, encoding, carrier, null, prefix);
    }

    private static SignatureSettings jsonField(Section section) {
        JsonPointer field = section.pointer("field");
        if (field == null) {
            section.problem("field is missing: where in the JSON body is the token? For instance /apiKey");
        }
        return bare(Scheme.JSON_FIELD, null, null, field, "");
    }

    private static SignatureSettings signed(Scheme scheme, Section section) {
        SignatureDigest digest = scheme == Scheme.ED25519
                ? SignatureDigest.SHA512
                : section.choice("digest", SignatureDigest.class, SignatureDigest.SHA256);
        SignatureEncoding encoding = section.choice("encoding", SignatureEncoding.class, SignatureEncoding.HEX);
        MessageTemplate message = message(scheme, section);
        String formField = section.text("formField");
        String signedFormField = formField == null ? null : section.text("signedFormField");
        Section several = section.section("several");
        boolean list = section.has("several");
        String timestampKey = list ? timestampKey(several) : null;
        SignatureCarrier carrier = carrier(section, formField, list ? several : null, timestampKey);
        SecretFormat secretFormat = secretFormat(scheme, section.section("secretFormat"));
        String idHeader = section.header("id");
        Section timestamp = section.section("timestamp");
        String timestampHeader = timestamp.header("header");
        ReplayWindow window = window(section, timestamp, message, timestampHeader, timestampKey);
        if (message.has(Part.ID) != (idHeader != null)) {
            section.problem("id", "names the header that {id} in message stands for: give both or neither");
        }
        String origin = section.text("origin");
        if (origin != null && !origin.matches("https?://[^/?#\\s]+")) {
            section.problem(
                    "origin", "\"" + origin + "\" must be scheme and host only, such as https://hub.example.org");
        }
        return new SignatureSettings(
                scheme,
                digest,
                encoding,
                message,
                carrier,
                secretFormat,
                idHeader,
                timestampHeader,
                window,
                signedFormField,
                origin,
                section.text("unescape", ""),
                null,
                "");
    }

    private static MessageTemplate message(Scheme scheme, Section section) {
        MessageTemplate message;
        try {
            message = MessageTemplate.of(section.text("message", scheme == Scheme.HASH ? "{secret}{body}" : "{body}"));
        } catch (IllegalArgumentException e) {
            section.problem("message", String.valueOf(e.getMessage()));
            return BODY_ALONE;
        }
        if (!message.has(Part.BODY)) {
            section.problem("message", "has no {body}: anybody could put another body under a signature once seen");
        }
        if (message.has(Part.SECRET) != (scheme == Scheme.HASH)) {
            section.problem(
                    "message",
                    scheme == Scheme.HASH
                            ? "has no {secret}: everybody could compute this hash"
                            : "has {secret}, which only \"scheme: hash\" signs");
        }
        return message;
    }

    private static @Nullable SignatureCarrier carrier(
            Section section, @Nullable String formField, @Nullable Section several, @Nullable String timestampKey) {
        String header = section.header("header");
        if ((header == null) == (formField == null)) {
            section.problem("name the signature's place: either header or formField");
            return null;
        }
        if (several == null) {
            String prefix = section.text("prefix", "");
            return header == null
                    ? new SignatureCarrier.FormField(String.valueOf(formField), prefix)
                    : new SignatureCarrier.Header(header, prefix);
        }
        Several style = several.choice("style", Several.class);
        String version = several.text("version", "v1");
        several.end();
        if (style == null || header == null) {
            section.problem(
                    "several",
                    "needs a header, and a style: space-list for \"v1,<sig> v1,<sig>\", "
                            + "pairs for \"t=<time>,v1=<sig>\"");
            return null;
        }
        return style == Several.PAIRS
                ? new SignatureCarrier.Pairs(header, version, timestampKey)
                : new SignatureCarrier.SpaceList(header, version);
    }

    private static @Nullable String timestampKey(Section several) {
        Several style = several.choice("style", Several.class);
        return style == Several.PAIRS ? several.text("timestampKey") : null;
    }

    private static SecretFormat secretFormat(Scheme scheme, Section format) {
        Kind kind = format.choice("encoding", Kind.class, scheme == Scheme.ED25519 ? Kind.HEX : Kind.UTF_8);
        String prefix = format.text("prefix", "");
        format.end();
        return new SecretFormat(kind, prefix);
    }

    private static ReplayWindow window(
            Section section,
            Section timestamp,
            MessageTemplate message,
            @Nullable String timestampHeader,
            @Nullable String timestampKey) {
        Unit unit = timestamp.choice("unit", Unit.class, Unit.SECONDS);
        JsonPointer json = timestamp.pointer("json");
        boolean stated = timestamp.has("tolerance");
        Duration tolerance = tolerance(timestamp);
        timestamp.end();
        boolean signed = message.has(Part.TIMESTAMP);
        if (timestampHeader != null && timestampKey != null) {
            section.problem("timestamp", "has a header, and several has a timestampKey: give one of them");
        }
        boolean given = timestampHeader != null || timestampKey != null;
        if (signed && !given) {
            section.problem("timestamp", "names no header for {timestamp} in message (or give several a timestampKey)");
        }
        if (given && !signed) {
            section.problem("timestamp", "is not in message: a time that is not signed proves nothing");
        }
        boolean timed = signed || json != null;
        if (stated && !timed) {
            section.problem("timestamp", "has a tolerance, but neither message nor json names a time");
        }
        return new ReplayWindow(unit, timed ? tolerance : null, json);
    }

    private static @Nullable Duration tolerance(Section timestamp) {
        String text = timestamp.text("tolerance");
        if (text == null) {
            return ReplayWindow.USUAL_TOLERANCE;
        }
        if (text.equals(WITHOUT_LIMIT)) {
            return null;
        }
        try {
            Duration tolerance = Duration.parse(text);
            if (!tolerance.isNegative() && !tolerance.isZero()) {
                return tolerance;
            }
        } catch (DateTimeException e) {
            // told below
        }
        timestamp.problem("tolerance", "\"" + text + "\" is neither a duration such as PT5M nor \"none\"");
        return ReplayWindow.USUAL_TOLERANCE;
    }
}
