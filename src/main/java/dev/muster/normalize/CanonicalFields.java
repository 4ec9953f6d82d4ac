package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The canonical fields whose type does not depend on the platform, for values that no mapping reads: those people give. */
public final class CanonicalFields {
    private static final ObjectMapper TREES = new ObjectMapper();
    private static final Pattern REFERENCE = Pattern.compile("[a-z0-9_-]+/[a-z_]+/\\S(.*\\S)?");

    private static final ValueType TEXT = new TextType();
    private static final ValueType INSTANT = new InstantType();
    private static final ValueType DATE = new DateType();
    private static final ValueType INTEGER = new IntegerType();
    private static final ValueType CONSENT = new ConsentType();
    private static final ValueType CURRENCY = new CurrencyType();
    private static final ValueType LIST = new ListType();
    private static final ValueType REFERENCED = CanonicalFields::reference;

    private static final Map<String, ValueType> TYPES = Map.ofEntries(
            Map.entry("email", new EmailType()),
            Map.entry("firstName", TEXT),
            Map.entry("lastName", TEXT),
            Map.entry("phone", new PhoneType(List.of(), null)),
            Map.entry("birthDate", DATE),
            Map.entry("country", new CountryType()),
            Map.entry("language", new LanguageType()),
            Map.entry("consentEmail", CONSENT),
            Map.entry("consentSms", CONSENT),
            Map.entry("addressLine1", TEXT),
            Map.entry("addressLine2", TEXT),
            Map.entry("city", TEXT),
            Map.entry("region", TEXT),
            Map.entry("postalCode", TEXT),
            Map.entry("name", TEXT),
            Map.entry("status", TEXT),
            Map.entry("url", new UrlType()),
            Map.entry("tags", LIST),
            Map.entry("tiers", LIST),
            Map.entry("amount", INTEGER),
            Map.entry("currency", CURRENCY),
            Map.entry("startsAt", INSTANT),
            Map.entry("endsAt", INSTANT),
            Map.entry("startedAt", INSTANT),
            Map.entry("endedAt", INSTANT),
            Map.entry("renewsAt", INSTANT),
            Map.entry("checkedInAt", INSTANT),
            Map.entry("refundedAt", INSTANT),
            Map.entry("lastChargeAt", INSTANT),
            Map.entry("nextChargeOn", DATE),
            Map.entry("member", REFERENCED),
            Map.entry("event", REFERENCED),
            Map.entry("campaign", REFERENCED),
            Map.entry("recurringPlan", REFERENCED),
            Map.entry("parentTransaction", REFERENCED));

    private CanonicalFields() {}

    /** Whether values of the field can be checked here. */
    public static boolean knows(String field) {
        return TYPES.containsKey(field);
    }

    /**
     * The value in its canonical form.
     *
     * @param field one that is {@linkplain #knows known}
     * @param value text, a number, true or false, or a list of texts
     * @return null where nothing is left of it
     * @throws InvalidValue with the reason for a person
     */
    public static @Nullable Object read(String field, Object value) throws InvalidValue {
        ValueType type = TYPES.get(field);
        if (type == null) {
            throw new IllegalArgumentException("The type of " + field + " is not known");
        }
        JsonNode node = TREES.valueToTree(value);
        if (ValueType.isBlank(node)) {
            return null;
        }
        JsonNode none = MissingNode.getInstance();
        return type.read(node, new Scope(new Document(none), none, none, new JsonNode[0]));
    }

    private static Object reference(JsonNode value, Scope scope) throws InvalidValue {
        String text = ValueType.text(value);
        if (!REFERENCE.matcher(text).matches()) {
            throw new InvalidValue("not a reference: it has to be written as platform/entity/id");
        }
        return text;
    }
}
