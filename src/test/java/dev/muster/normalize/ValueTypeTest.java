package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueTypeTest {
    private static final ValueType EMAIL = new EmailType();
    private static final ValueType NAME = new NameType();
    private static final ValueType TEXT = new TextType();
    private static final ValueType COUNTRY = new CountryType();
    private static final ValueType DATE = new DateType();
    private static final ValueType INSTANT = new InstantType();
    private static final ValueType LIST = new ListType();

    @ParameterizedTest
    @CsvSource({
        "' Ana@Example.COM ', ana@example.com",
        "o'brien+tag@mail.example.org, o'brien+tag@mail.example.org",
        "post@bücher.example, post@xn--bcher-kva.example",
        "用户@例子.广告, 用户@xn--fsqu00a.xn--4rr70v",
    })
    void emailIsTrimmedAndInLowerCase(String given, String expected) throws InvalidValue {
        assertThat(read(EMAIL, given)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ana",
                "@example.com",
                "ana@",
                "a@b@example.com",
                "ana@localhost",
                "ana@example..com",
                "ana@-example.com",
                "ana@example.com.",
                "ana lee@example.com",
                "ana@exa mple.com",
                ".ana@example.com",
                "an..a@example.com",
                "ana@10.0.0.1",
                "<ana@example.com>",
                "ana,bea@example.com",
                "ana@example.c_m",
                "ana@fa\u00df.example",
                "ana@FA\u1e9e.example",
                "ana@\u03b1\u03c2.example",
                "ana@a\u200db.example",
                "ana@a\u200cb.example",
            })
    void whatIsNoEmailIsRejected(String given) {
        assertThatThrownBy(() -> read(EMAIL, given)).isInstanceOf(InvalidValue.class);
    }

    @ParameterizedTest
    @CsvSource({
        "(201) 555-0123, US, +12015550123",
        "0171 1234567, DE, +491711234567",
        "+44 20 7946 0958, US, +442079460958",
        "09123456789, Iran, +989123456789",
        "2015550123, '', +12015550123",
        "+1 201 555 0123, Atlantis, +12015550123",
    })
    void phoneTakesTheCountryOfItsPerson(String given, String country, String expected) throws InvalidValue {
        PhoneType phone = new PhoneType(List.of(scope -> TextNode.valueOf(country)), "US");

        assertThat(read(phone, given)).isEqualTo(expected);
    }

    @Test
    void phoneOfACountryThatIsNotKnownIsNotTakenForOneOfTheDefault() {
        PhoneType phone = new PhoneType(List.of(scope -> TextNode.valueOf("Atlantis")), "US");

        assertThatThrownBy(() -> read(phone, "2015550123")).hasMessageContaining("the country is not known");
    }

    @ParameterizedTest
    @ValueSource(strings = {"555-0100", "call me", "1", "+999 123 456 789", "0000000000"})
    void whatIsNoPhoneNumberIsRejected(String given) {
        assertThatThrownBy(() -> read(new PhoneType(List.of(), "US"), given)).isInstanceOf(InvalidValue.class);
    }

    @Test
    void phoneWithoutAnyCountryIsRejectedAndSaysSo() {
        assertThatThrownBy(() -> read(new PhoneType(List.of(), null), "0171 1234567"))
                .hasMessageContaining("country is not known");
    }

    @ParameterizedTest
    @ValueSource(strings = {"李小龙", "محمد", "O’Brien-Smith", "van der Berg", "McDONALD", "Nguyễn", "X Æ A-12", "🌸"})
    void nameKeepsItsScriptAndCase(String name) throws InvalidValue {
        assertThat(read(NAME, name)).isEqualTo(name);
    }

    @Test
    void nameIsComposedTrimmedAndWithoutControls() throws InvalidValue {
        assertThat(read(NAME, "\u00a0Zoe\u0308\u0000\tAnn\u200b ")).isEqualTo("Zo\u00eb Ann");
        assertThat(read(NAME, "half a pair \ud83c")).isEqualTo("half a pair \ufffd");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u200b", "\u00a0\u2003", "\u200d\u200c", "\u0007"})
    void nothingVisibleIsBlank(String given) throws InvalidValue {
        assertThat(read(NAME, given)).isNull();
        assertThat(read(TEXT, given)).isNull();
    }

    @Test
    void textHasALimit() throws InvalidValue {
        assertThat(read(TEXT, "x".repeat(1_000))).isEqualTo("x".repeat(1_000));
        assertThatThrownBy(() -> read(TEXT, "x".repeat(1_001))).hasMessageContaining("1000");
        assertThatThrownBy(() -> read(NAME, "x".repeat(201))).hasMessageContaining("200");
    }

    @ParameterizedTest
    @CsvSource({
        "US, US",
        "us, US",
        "USA, US",
        "United States, US",
        "united states of america, US",
        "UK, GB",
        "GBR, GB",
        "Türkiye, TR",
        "turkey, TR",
        "Côte d’Ivoire, CI",
        "The Netherlands, NL",
        "Czech Republic, CZ",
        "'Korea, Republic of', KR",
        "Bosnia and Herzegovina, BA",
        "Trinidad & Tobago, TT",
        "Viet Nam, VN",
    })
    void countryIsReadFromCodesAndEnglishNames(String given, String code) throws InvalidValue {
        assertThat(read(COUNTRY, given)).isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Atlantis", "XX", "ZZZ", "12"})
    void unknownCountryIsRejected(String given) {
        assertThatThrownBy(() -> read(COUNTRY, given)).isInstanceOf(InvalidValue.class);
    }

    @ParameterizedTest
    @CsvSource({"1986-01-06, 1986-01-06", "2024-02-29, 2024-02-29", "1986-01-06T23:30:00-10:00, 1986-01-06"})
    void dateStaysTheDayThatWasWritten(String given, String expected) throws InvalidValue {
        assertThat(read(DATE, given)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2023-02-29", "01/06/1986", "0000-00-00", "1986-1-6", "0001-01-01", "1986", "+12345-01-01"})
    void whatIsNoDateIsRejected(String given) {
        assertThatThrownBy(() -> read(DATE, given)).isInstanceOf(InvalidValue.class);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-05-22T18:57:01Z, 2026-05-22T18:57:01Z",
        "2026-07-01T08:00:00.000+00:00, 2026-07-01T08:00:00Z",
        "2026-07-01T08:00:00.123456+02:00, 2026-07-01T06:00:00.123Z",
        "2026-07-01T08:00:00+0200, 2026-07-01T06:00:00Z",
        "2026-07-01 08:00:00+00:00, 2026-07-01T08:00:00Z",
    })
    void instantIsKeptInUtc(String given, String expected) throws InvalidValue {
        assertThat(read(INSTANT, given)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-05-22",
                "2026-05-22T18:57:01",
                "soon",
                "+999999999-12-31T23:59:59Z",
                "12026-01-01T00:00:00Z"
            })
    void whatIsNoInstantIsRejected(String given) {
        assertThatThrownBy(() -> read(INSTANT, given)).isInstanceOf(InvalidValue.class);
    }

    @ParameterizedTest
    @CsvSource({
        "5500, USD, false, 5500",
        "'\"5500\"', USD, false, 5500",
        "'\"55.00\"', USD, false, 5500",
        "'\"-55.1\"', USD, false, -5510",
        "'\"5500\"', JPY, true, 5500",
        "'\"5.5\"', KWD, false, 5500",
        "55, EUR, true, 5500",
        "55.5, EUR, true, 5550",
        "55.5, EUR, false, 5550",
        "55.0, EUR, false, 5500",
        "12345678.0, EUR, false, 1234567800",
        "12345678.0, EUR, true, 1234567800",
    })
    void moneyIsKeptInMinorUnits(String json, String currency, boolean major, long expected) throws Exception {
        MoneyType money = new MoneyType(major, List.of(scope -> TextNode.valueOf(currency)));

        assertThat(money.read(PlatformSample.JSON.readTree(json), scope())).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"50.001\"",
                "\"1e9\"",
                "\"fifty\"",
                "\"99999999999999999999\"",
                "1e300",
                "1e999",
                "1e18",
                "true",
                "{}",
                "\".\""
            })
    void whatIsNoMoneyIsRejected(String json) {
        MoneyType money = new MoneyType(false, List.of(scope -> TextNode.valueOf("USD")));

        assertThatThrownBy(() -> money.read(PlatformSample.JSON.readTree(json), scope()))
                .isInstanceOf(InvalidValue.class);
    }

    @Test
    void majorUnitsNeedTheirCurrency() {
        assertThatThrownBy(() -> read(new MoneyType(false, List.of()), "50.00")).hasMessageContaining("currency");
    }

    @Test
    void listIsSortedAndDistinct() throws Exception {
        JsonNode tiers = PlatformSample.JSON.readTree("[\"Silver\", \"Gold\", null, \" Silver \", {\"a\":1}, \"\", 7]");

        assertThat(LIST.read(tiers, scope())).isEqualTo(List.of("7", "Gold", "Silver"));
    }

    @ParameterizedTest
    @CsvSource({"true, true", "1, true", "'\"1\"', true", "'\"True\"', true", "'\"no\"', false", "0, false"})
    void booleanIsReadFromItsSpellings(String json, boolean expected) throws Exception {
        assertThat(new BooleanType().read(PlatformSample.JSON.readTree(json), scope()))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"en, en", "en_US, en-US", "pt-br, pt-BR", "zh-Hant-TW, zh-Hant-TW"})
    void languageIsATag(String given, String expected) throws InvalidValue {
        assertThat(read(new LanguageType(), given)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"javascript:alert(1)", "//example.com", "https://", "example.com", "https://exa mple.com"})
    void whatIsNoWebAddressIsRejected(String given) {
        assertThatThrownBy(() -> read(new UrlType(), given)).isInstanceOf(InvalidValue.class);
    }

    private static @Nullable Object read(ValueType type, String given) throws InvalidValue {
        return type.read(TextNode.valueOf(given), scope());
    }

    private static Scope scope() {
        JsonNode none = MissingNode.getInstance();
        return new Scope(new Document(none), none, none, new JsonNode[0]);
    }
}
