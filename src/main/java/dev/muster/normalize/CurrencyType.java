package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Currency;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A currency's ISO 4217 code in upper case. */
final class CurrencyType implements ValueType {
    private static final Map<String, Currency> CURRENCIES = Currency.getAvailableCurrencies().stream()
            .filter(currency -> currency.getDefaultFractionDigits() >= 0)
            .collect(Collectors.toUnmodifiableMap(Currency::getCurrencyCode, currency -> currency));

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a currency is expected");
        }
        Currency currency = of(value.textValue());
        if (currency == null) {
            throw new InvalidValue("not a currency's ISO 4217 code");
        }
        return currency.getCurrencyCode();
    }

    /** The currency of a code in either case; null where there is none. */
    static @Nullable Currency of(String code) {
        String text = CleanText.of(code);
        return text.length() == 3 ? CURRENCIES.get(text.toUpperCase(Locale.ROOT)) : null;
    }
}
