package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A country as its ISO 3166-1 alpha-2 code, read from that, from the alpha-3 code or from its English name. */
final class CountryType implements ValueType {
    private static final int LENGTH_MAX = 100;
    private static final Map<String, String> CODES = codes();

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a country is expected");
        }
        String text = CleanText.of(value.textValue());
        if (text.isEmpty()) {
            return null;
        }
        String code = code(text);
        if (code == null) {
            throw new InvalidValue("neither a country's ISO 3166 code nor its English name");
        }
        return code;
    }

    /** The alpha-2 code of a country given by code or English name; null where there is none. */
    static @Nullable String code(String text) {
        String code = CODES.get(text);
        return code != null || text.length() > LENGTH_MAX ? code : CODES.get(key(text));
    }

    /** Letters only, lower case, without accents: names are written with and without dots, commas and "the". */
    private static String key(String name) {
        String plain = Normalizer.normalize(name, Normalizer.Form.NFD).toLowerCase(Locale.ROOT);
        StringBuilder letters = new StringBuilder(plain.length());
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            if (c == '&') {
                letters.append("and");
            } else if (Character.isLetter(c)) {
                letters.append(c);
            }
        }
        String key = letters.toString();
        return key.startsWith("the") && key.length() > 6 ? key.substring(3) : key;
    }

    private static Map<String, String> codes() {
        Map<String, String> codes = new HashMap<>();
        for (String code : Locale.getISOCountries()) {
            Locale country = new Locale("", code);
            codes.put(key(country.getDisplayCountry(Locale.ENGLISH)), code);
            codes.put(key(country.getISO3Country()), code);
        }
        // other names in use, and those that changed between editions of the JDK's own table
        String[][] others = {
            {"UK", "GB"},
            {"Great Britain", "GB"},
            {"England", "GB"},
            {"Scotland", "GB"},
            {"Wales", "GB"},
            {"Northern Ireland", "GB"},
            {"United States of America", "US"},
            {"America", "US"},
            {"Türkiye", "TR"},
            {"Turkey", "TR"},
            {"Czech Republic", "CZ"},
            {"Czechia", "CZ"},
            {"Holland", "NL"},
            {"Ivory Coast", "CI"},
            {"Côte d'Ivoire", "CI"},
            {"Macedonia", "MK"},
            {"North Macedonia", "MK"},
            {"Swaziland", "SZ"},
            {"Eswatini", "SZ"},
            {"Cape Verde", "CV"},
            {"Cabo Verde", "CV"},
            {"Burma", "MM"},
            {"Myanmar", "MM"},
            {"Hong Kong", "HK"},
            {"Macau", "MO"},
            {"Macao", "MO"},
            {"Korea", "KR"},
            {"Republic of Korea", "KR"},
            {"Korea, Republic of", "KR"},
            {"Russian Federation", "RU"},
            {"Viet Nam", "VN"},
            {"Palestine", "PS"},
            {"Iran, Islamic Republic of", "IR"},
            {"Tanzania, United Republic of", "TZ"},
            {"East Timor", "TL"},
            {"Moldova, Republic of", "MD"},
            {"Bolivia, Plurinational State of", "BO"},
            {"Brunei Darussalam", "BN"},
            {"Venezuela, Bolivarian Republic of", "VE"},
            {"Syrian Arab Republic", "SY"},
            {"Vatican", "VA"},
            {"Taiwan, Province of China", "TW"},
            {"Lao People's Democratic Republic", "LA"},
            {"Micronesia", "FM"},
            {"Congo", "CG"},
            {"Democratic Republic of the Congo", "CD"},
            {"St. Lucia", "LC"},
            {"Deutschland", "DE"},
        };
        for (String[] other : others) {
            codes.put(key(other[0]), other[1]);
        }
        // codes last: no name may hide one
        for (String code : Locale.getISOCountries()) {
            codes.put(code, code);
            codes.put(code.toLowerCase(Locale.ROOT), code);
        }
        return Map.copyOf(codes);
    }
}
