package dev.muster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * A caller of one organization asks for every operation of the contract with what is its own, and with what is another's. Whatever
 * the contract describes is asked for: an operation that is new is here by itself.
 */
public final class Trespass {
    /** Requests with values of one's own until one is answered well; more is no luck but a feed that does not fit. */
    private static final List<String> DUPLICATES_FIRST = List.of("rejectDuplicate", "confirmDuplicate");

    private static final int TRIES_MAX = 1_500;
    private static final int ROUNDS_MAX = 4;

    private static final int TRIES_OF_A_THING = 1;
    private static final int TRIES_OF_NOTHING = 40;

    private final int port;
    private final String contract;
    private final ApiDocument document;
    private final Supplier<String> keys;
    private final Random random;
    private final List<String> leaks = new ArrayList<>();
    private String key;
    private String last = "";

    /** @param keys makes a key of the caller's organization; asked for another where the one before was revoked */
    public Trespass(int port, Supplier<String> keys, long seed) throws IOException {
        this.port = port;
        this.keys = keys;
        this.key = keys.get();
        this.random = new Random(seed);
        try (RawClient client = new RawClient(port)) {
            this.contract = send(client, "GET", "/api/openapi.json", "").body();
            this.document = ApiDocument.of(contract);
        }
    }

    /** Those that take something away last, of them the small things first, and those about many things after those about one. */
    private List<ApiDocument.Operation> operations() {
        List<String> order = List.of("GET", "POST", "PUT", "PATCH", "DELETE");
        return document.operations().stream()
                .sorted(Comparator.comparing((ApiDocument.Operation one) -> order.indexOf(one.method()))
                        .thenComparing(one -> one.inPath().isEmpty())
                        .thenComparing(one -> -one.inPath().size()))
                .toList();
    }

    /** What only the other has; a word that everybody may read in the contract, such as a round number, gives nobody away. */
    private Set<String> telling(Belongings own, Belongings other) {
        Set<String> words = new TreeSet<>(other.words());
        words.removeAll(own.words());
        words.removeAll(Belongings.wordsOf(contract));
        return words;
    }

    /**
     * Asks for everything with what is another's.
     *
     * @return the answers that hold a word of the other's which was not in the request, or that failed
     */
    public List<String> askForWhatIsOfAnother(Belongings own, Belongings other) throws IOException {
        Set<String> words = telling(own, other);
        Pool pool = other.pool();
        try (RawClient client = new RawClient(port)) {
            for (ApiDocument.Operation operation : operations()) {
                Values values = new Values(document, pool, random);
                List<String> things = operation.inPath().isEmpty() ? List.of("") : other.things();
                for (String thing : things) {
                    for (int i = 0; i < (operation.inPath().isEmpty() ? TRIES_OF_NOTHING : TRIES_OF_A_THING); i++) {
                        ask(client, operation, thing, values, words);
                    }
                }
            }
        }
        return leaks;
    }

    /**
     * Asks for everything with what is one's own, until that is answered well.
     *
     * @return the operations that never were, though a caller of one organization may, each with the last answer
     */
    public Set<String> askForWhatIsOwn(Belongings own, Belongings other) throws IOException {
        Set<String> words = telling(own, other);
        Set<String> unfed = new TreeSet<>();
        try (RawClient client = new RawClient(port)) {
            List<ApiDocument.Operation> ordered = new ArrayList<>(operations());
            // before rulings about members settle the candidates that there are
            ordered.sort(Comparator.comparingInt(operation -> DUPLICATES_FIRST.indexOf(operation.id()) < 0
                    ? DUPLICATES_FIRST.size()
                    : DUPLICATES_FIRST.indexOf(operation.id())));
            Set<String> fed = new TreeSet<>();
            for (int round = 0; round < ROUNDS_MAX && (round == 0 || !unfed.isEmpty()); round++) {
                unfed.clear();
                for (ApiDocument.Operation operation : ordered) {
                    // one may have taken away what another needed: then what is put is put again
                    if (fed.contains(operation.id()) && !operation.method().equals("PUT")) {
                        continue;
                    }
                    if (operation.open() || isFed(client, operation, own, words)) {
                        fed.add(operation.id());
                    } else {
                        unfed.add(operation.id() + ", last answered " + last);
                    }
                }
            }
        }
        return unfed;
    }

    private boolean isFed(RawClient client, ApiDocument.Operation operation, Belongings own, Set<String> words)
            throws IOException {
        Values values = new Values(document, own.pool(), random);
        List<String> things = operation.inPath().isEmpty() ? List.of("") : own.things();
        for (int i = 0; i < TRIES_MAX; i++) {
            int status = ask(client, operation, things.get(i % things.size()), values, words);
            // of the whole hub: nobody of one organization may
            if (status < 300 || operation.wholeHub() && status == 403) {
                return true;
            }
        }
        return false;
    }

    private int ask(RawClient client, ApiDocument.Operation operation, String thing, Values values, Set<String> words)
            throws IOException {
        StringBuilder address = new StringBuilder(operation.template());
        boolean isThing = true;
        for (ApiDocument.Parameter one : operation.inPath()) {
            boolean isOneOf = document.resolved(one.schema()).has("enum");
            String text = isThing && !isOneOf
                    ? thing
                    : values.valid(one.schema(), one.name()).asText();
            isThing &= isOneOf;
            String mark = "{" + one.name() + "}";
            address.replace(address.indexOf(mark), address.indexOf(mark) + mark.length(), encoded(text));
        }
        String sign = "?";
        for (ApiDocument.Parameter one : operation.inQuery()) {
            if (one.required() || values.chance(25)) {
                address.append(sign).append(one.name()).append('=');
                address.append(encoded(values.valid(one.schema(), one.name()).asText()));
                sign = "&";
            }
        }
        JsonNode body = operation.body().isMissingNode() ? null : values.valid(operation.body(), "");
        String text = body == null ? "" : body.toString();
        RawClient.Answer answer = send(client, operation.method(), address.toString(), text);
        if (answer.status() == 401 && !operation.open()) {
            key = keys.get();
            answer = send(client, operation.method(), address.toString(), text);
        }
        String asked = java.net.URLDecoder.decode(address.toString(), StandardCharsets.UTF_8) + " " + text;
        String said = (answer.body().equals(contract) ? "" : answer.body()) + " " + answer.headers();
        for (String word : words) {
            if (said.contains(word) && !asked.contains(word)) {
                leaks.add("'" + word + "' is in the answer to " + operation.method() + " " + asked + ": " + answer);
                break;
            }
        }
        if (answer.status() >= 500) {
            leaks.add(operation.method() + " " + asked + ": " + answer);
        }
        last = operation.method() + " " + asked + ": " + answer.status() + " " + answer.body();
        return answer.status();
    }

    private RawClient.Answer send(RawClient client, String method, String address, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " " + address + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + key
                + "\r\nX-Forwarded-For: 192.0." + random.nextInt(256) + "." + random.nextInt(256)
                + (bytes.length == 0 ? "" : "\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length)
                + (bytes.length == 0 && !method.equals("GET") ? "\r\nContent-Length: 0" : "") + "\r\n\r\n";
        return client.send((head + body).getBytes(StandardCharsets.UTF_8), false);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
