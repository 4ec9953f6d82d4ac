package dev.muster.admin;

import dev.muster.access.Caller;
import dev.muster.access.Permission;
import dev.muster.canonical.FieldSeal;
import dev.muster.delivery.HttpAnswer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one place where values of secret fields leave by the API: open to a caller with the permission {@code erase}, as
 * {@value FieldSeal#MASK} to all others. What is stored of an answer stays sealed.
 */
final class SecretsShown {
    /** A whole text of a JSON document, or a part of one. */
    private static final Pattern SEALED = Pattern.compile(
            "(?<!\\\\)\"(" + FieldSeal.PREFIX + "[A-Za-z0-9_.-]+)\"|" + FieldSeal.PREFIX + "[A-Za-z0-9_.-]*");

    private final FieldSeal seal;

    SecretsShown(FieldSeal seal) {
        this.seal = seal;
    }

    HttpAnswer to(Caller caller, HttpAnswer answer) {
        if (!answer.body().contains(FieldSeal.PREFIX)) {
            return answer;
        }
        String body = SEALED.matcher(answer.body())
                .replaceAll(found -> Matcher.quoteReplacement(
                        found.group(1) == null ? FieldSeal.MASK : shown(caller, found.group(1))));
        return new HttpAnswer(answer.status(), answer.contentType(), body, answer.headers());
    }

    private String shown(Caller caller, String sealed) {
        Object value =
                caller.may(Permission.ERASE) ? seal.open(sealed, caller::sees).orElse(FieldSeal.MASK) : FieldSeal.MASK;
        return Rows.JSON.valueToTree(value).toString();
    }
}
