package dev.muster.camel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.salesforce.api.SalesforceException;

/**
 * What the Kamelet {@code salesforce-call-action} does around the component: the message that {@code http://platform} would
 * take becomes one that {@code salesforce:raw} takes, and its answer becomes one that {@code http://platform} would give.
 */
public final class SalesforceCall {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern USAGE = Pattern.compile("api-usage=(\\d{1,9})/(\\d{1,9})");

    /** The daily limit is used up; there is no telling when, so this many seconds pass before the next try. */
    private static final String LIMIT_PAUSE_SECONDS = "900";

    /** Names what the component has to send. */
    public void ask(Exchange exchange) {
        Message message = exchange.getMessage();
        List<String> names = new ArrayList<>();
        for (String name : message.getHeaders().keySet()) {
            if (!name.startsWith("Camel")) {
                names.add(name);
            }
        }
        message.setHeader("rawPath", message.getHeader(Exchange.HTTP_URI, String.class));
        message.setHeader("rawMethod", String.valueOf(message.getHeader(Exchange.HTTP_METHOD)));
        message.setHeader("rawHttpHeaders", String.join(",", names));
        message.removeHeader(Exchange.HTTP_URI);
        message.removeHeader(Exchange.HTTP_METHOD);
    }

    /**
     * Says in HTTP's own words what Salesforce says in its own: a used-up daily limit is 429, and what is left of it stands
     * in {@code Sforce-Limit-Max} and {@code Sforce-Limit-Remaining}.
     */
    public void hear(Exchange exchange) throws IOException {
        Message message = exchange.getMessage();
        int status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class);
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        Matcher usage = USAGE.matcher(message.getHeader("Sforce-Limit-Info", "", String.class));
        if (usage.find()) {
            long used = Long.parseLong(usage.group(1));
            long max = Long.parseLong(usage.group(2));
            message.setHeader("Sforce-Limit-Max", max);
            message.setHeader("Sforce-Limit-Remaining", Math.max(0, max - used));
        }
        if (status == 403) {
            byte[] body = bytes(message);
            if (says(body, "REQUEST_LIMIT_EXCEEDED")) {
                message.setHeader(Exchange.HTTP_RESPONSE_CODE, 429);
                message.setHeader("Retry-After", LIMIT_PAUSE_SECONDS);
            }
            message.setBody(body);
        }
    }

    /**
     * Where no answer came.
     *
     * @throws IOException always: whether the work was done is not known
     */
    public void miss(Exchange exchange) throws IOException {
        SalesforceException failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, SalesforceException.class);
        Throwable cause = failure == null ? null : failure.getCause();
        throw new IOException(
                "Salesforce gave no answer: "
                        + (cause == null
                                ? "no cause is known"
                                : cause.getClass().getSimpleName()),
                cause);
    }

    private static byte[] bytes(Message message) throws IOException {
        if (message.getBody() == null) {
            return new byte[0];
        }
        try (InputStream stream = message.getBody(InputStream.class)) {
            return stream.readAllBytes();
        }
    }

    private static boolean says(byte[] body, String code) {
        try {
            JsonNode errors = JSON.readTree(body);
            return errors.findValuesAsText("errorCode").contains(code);
        } catch (IOException notJson) {
            return false;
        }
    }
}
