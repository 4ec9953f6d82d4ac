package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Currency;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An amount in minor units (cents), as a {@link Long}. A whole number is already in minor units, unless the field says
 * {@code unit: major}; one with a decimal point ({@code "50.00"}) is in major units and is converted by the digits of its
 * currency.
 */
final class MoneyType implements ValueType {
    private static final int LENGTH_MAX = 24;

    private final boolean major;
    private final List<Source> currencies;

    MoneyType(boolean major, List<Source> currencies) {
        this.major = major;
        this.currencies = List.copyOf(currencies);
    }

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (value.isIntegralNumber() && !major) {
            if (!value.canConvertToLong()) {
                throw new InvalidValue("an amount too large to be one");
            }
            return value.longValue();
        }
        String text = value.isFloatingPointNumber() ? decimals(value) : ValueType.text(value);
        if (text.isEmpty()) {
            return null;
        }
        BigDecimal amount = amount(text);
        boolean minor = !major && !value.isFloatingPointNumber() && text.indexOf('.') < 0;
        int digits = minor ? 0 : digits(scope);
        try {
            return amount.movePointRight(digits)
                    .setScale(0, RoundingMode.UNNECESSARY)
                    .longValueExact();
        } catch (ArithmeticException inexact) {
            throw new InvalidValue("an amount with more decimals than its currency has, or too large to be one");
        }
    }

    /** Without an exponent, which a large number is written with. */
    private static String decimals(JsonNode value) throws InvalidValue {
        // the digits of 1e999999999 would fill the memory, and infinity has none
        if (!(Math.abs(value.doubleValue()) < Long.MAX_VALUE)) {
            throw new InvalidValue("an amount too large to be one");
        }
        return value.decimalValue().toPlainString();
    }

    private static BigDecimal amount(String text) throws InvalidValue {
        boolean plain = text.length() <= LENGTH_MAX;
        for (int i = 0; plain && i < text.length(); i++) {
            char c = text.charAt(i);
            // no exponents: 1e999999999 is short and its digits are not
            plain = c >= '0' && c <= '9' || c == '.' || c == '-' && i == 0;
        }
        try {
            if (plain) {
                return new BigDecimal(text);
            }
        } catch (NumberFormatException notANumber) {
            throw new InvalidValue("not an amount: it has to be written as 50.00");
        }
        throw new InvalidValue("not an amount: it has to be written as 50.00");
    }

    private int digits(Scope scope) throws InvalidValue {
        for (Source source : currencies) {
            JsonNode code = source.read(scope);
            Currency currency = code.isTextual() ? CurrencyType.of(code.textValue()) : null;
            if (currency != null) {
                return currency.getDefaultFractionDigits();
            }
        }
        throw new InvalidValue("an amount in major units whose currency is not known");
    }
}
