package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.Phonenumber.PhoneNumber;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A phone number in E.164. Where it has no country code, the person's country decides, else the mapping's region. */
final class PhoneType implements ValueType {
    private static final int LENGTH_MAX = 60;
    private static final String REGION_UNKNOWN = "ZZ";

    private final PhoneNumberUtil numbers = PhoneNumberUtil.getInstance();
    private final List<Source> regions;
    private final @Nullable String regionDefault;

    /**
     * @param regions where the person's country is found
     * @param regionDefault the ISO 3166-1 code to fall back on; null to reject numbers without a country code
     */
    PhoneType(List<Source> regions, @Nullable String regionDefault) {
        this.regions = List.copyOf(regions);
        this.regionDefault = regionDefault;
    }

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        String text = ValueType.text(value);
        if (text.isEmpty()) {
            return null;
        }
        if (text.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than a phone number");
        }
        String region = region(scope);
        try {
            PhoneNumber number = numbers.parse(text, region);
            if (numbers.isValidNumber(number)) {
                return numbers.format(number, PhoneNumberFormat.E164);
            }
        } catch (NumberParseException notANumber) {
            if (notANumber.getErrorType() == NumberParseException.ErrorType.INVALID_COUNTRY_CODE
                    && region.equals(REGION_UNKNOWN)) {
                throw new InvalidValue("a phone number without a country code, and the country is not known");
            }
            throw new InvalidValue("not a phone number");
        }
        throw new InvalidValue(
                region.equals(REGION_UNKNOWN) ? "not a phone number in use" : "not a phone number in use in " + region);
    }

    private String region(Scope scope) {
        boolean given = false;
        for (Source source : regions) {
            JsonNode country = source.read(scope);
            if (!ValueType.isBlank(country) && country.isTextual()) {
                String code = CountryType.code(CleanText.of(country.textValue()));
                if (code != null) {
                    return code;
                }
                given = true;
            }
        }
        // a country that we cannot read is still not the default one
        return given || regionDefault == null ? REGION_UNKNOWN : regionDefault;
    }
}
