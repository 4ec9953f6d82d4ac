package dev.muster.camel;

import static java.util.Objects.requireNonNull;

import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.component.salesforce.AuthenticationType;
import org.apache.camel.component.salesforce.SalesforceComponent;
import org.apache.camel.component.salesforce.SalesforceEndpoint;
import org.apache.camel.component.salesforce.SalesforceHttpClient;
import org.apache.camel.component.salesforce.api.SalesforceException;
import org.apache.camel.component.salesforce.internal.PayloadFormat;
import org.apache.camel.component.salesforce.internal.SalesforceSession;
import org.apache.camel.component.salesforce.internal.client.DefaultRawClient;
import org.apache.camel.component.salesforce.internal.client.RawClient;
import org.eclipse.jetty.client.InputStreamRequestContent;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * camel-salesforce for many orgs at once: one component and one HTTP client, and the operation {@code raw} makes each call
 * with the address and the credential that the message brings along. The component itself never logs in, never repeats a
 * call, follows no redirect and keeps no cookie: that is decided where every platform's calls are
 * ({@code call-platform-action}), and the answer, whatever its status, is handed there.
 */
public final class SalesforceCalls extends SalesforceComponent {
    private @Nullable SalesforceSession session;

    /**
     * @param timeoutMillis how long one call may last
     * @param answerBytesMax more than this in an answer fails the call
     */
    public SalesforceCalls(long timeoutMillis, int answerBytesMax) {
        // A session that is never begun: there is no token to revoke when the hub stops, either.
        setLazyLogin(true);
        // The component insists on knowing how it would log in; with these it cannot.
        setAuthenticationType(AuthenticationType.CLIENT_CREDENTIALS);
        setLoginUrl("https://login.invalid");
        setClientId("none");
        setClientSecret("none");
        setHttpRequestTimeout(timeoutMillis);
        setHttpMaxContentLength(answerBytesMax);
        // scanned for generated classes, of which there are none: payloads are JSON
        setPackages(SalesforceCalls.class.getPackageName());
        Map<String, Object> properties = new HashMap<>();
        properties.put("maxRetries", 0);
        properties.put("followRedirects", false);
        properties.put("httpCookieStore", new HttpCookieStore.Empty());
        setHttpClientProperties(properties);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        SalesforceHttpClient http = getHttpClient();
        session = new SalesforceSession(getCamelContext(), http, http.getTimeout(), getLoginConfig()) {
            /** So that the component takes itself for logged in, and does not try to. */
            @Override
            public String getAccessToken() {
                return "each call brings its own";
            }
        };
    }

    @Override
    public @Nullable SalesforceSession getSession() {
        return session;
    }

    @Override
    public RawClient createRawClientFor(SalesforceEndpoint endpoint) throws SalesforceException {
        return new Client(getHttpClient(), requireNonNull(session, "the component was started first"), this);
    }

    /** Sends what it is given: the path is a whole address, and the credential is among the headers. */
    private static final class Client extends DefaultRawClient {
        Client(SalesforceHttpClient http, SalesforceSession session, SalesforceComponent component)
                throws SalesforceException {
            super(http, "", session, component.getLoginConfig());
        }

        @Override
        protected void setAccessToken(Request request) {
            // the message's own header says who calls
        }

        @Override
        public void makeRequest(
                String method,
                String address,
                PayloadFormat format,
                InputStream body,
                Map<String, List<String>> headers,
                ResponseCallback callback) {
            Map<String, String> heard = new HashMap<>();
            Request request = getRequest(method, address, headers).onResponseHeaders(response -> {
                heard.clear();
                response.getHeaders().forEach(field -> heard.putIfAbsent(field.getName(), field.getValue()));
                heard.put(Exchange.HTTP_RESPONSE_CODE, String.valueOf(response.getStatus()));
            });
            if (body != null) {
                if (!request.getHeaders().contains(HttpHeader.CONTENT_TYPE)) {
                    request.headers(fields -> fields.add(HttpHeader.CONTENT_TYPE, APPLICATION_JSON_UTF8));
                }
                request.body(new InputStreamRequestContent(body));
            }
            doHttpRequest(request, (answer, salesforceHeaders, failure) -> {
                // Every status is an answer; only where there is none has the call failed.
                boolean answered = heard.containsKey(Exchange.HTTP_RESPONSE_CODE)
                        && (failure == null || failure.getStatusCode() >= 300);
                callback.onResponse(answer, heard, answered ? null : failure);
            });
        }
    }
}
