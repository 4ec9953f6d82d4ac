package dev.muster.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** One platform of the soak: contacts by address, and a webhook for every change. */
final class SoakPlatform implements AutoCloseable {
    static final String SECRET = "a-secret-for-benchmarks-only";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final SoakTally tally;
    private final HttpServer server;
    private final Map<String, Contact> contacts = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicLong told = new AtomicLong();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong webhooks = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong unsent = new AtomicLong();
    private final HttpClient client = HttpClient.newHttpClient();
    /** Several at once: webhooks overtake each other. */
    private final ExecutorService sending = Executors.newFixedThreadPool(4, daemons("webhooks"));
    private volatile int hub;

    SoakPlatform(String name, SoakTally tally) throws IOException {
        this.name = name;
        this.tally = tally;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(Executors.newFixedThreadPool(10, daemons(name)));
        server.createContext("/contacts", this::upsert);
        server.start();
    }

    synchronized void create(int person) {
        Contact contact = contact(email(person));
        contact.fields.put("firstName", "Ana");
        contact.fields.put("lastName", "Lee");
        contact.fields.put("city", "Turin");
        tell(contact);
    }

    private Contact contact(String email) {
        return contacts.computeIfAbsent(email, key -> {
            Contact made = new Contact(name.charAt(0) + "" + ids.incrementAndGet());
            made.fields.put("email", email);
            return made;
        });
    }

    synchronized void edit(int person, String field, String value) {
        tally.edited(name, email(person), field, value);
        Contact contact = contact(email(person));
        contact.fields.put(field, value);
        tell(contact);
    }

    static String email(int person) {
        return "p" + person + "@example.org";
    }

    String name() {
        return name;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Who is to be told. */
    void tells(HubProcess process) {
        hub = process.port();
    }

    /** Null where nobody is known by that address; else field to value. */
    Map<String, String> contact(int person) {
        Contact contact = contacts.get(email(person));
        return contact == null ? null : contact.fields;
    }

    /** Records that it was told. */
    long told() {
        return told.get();
    }

    long calls() {
        return calls.get();
    }

    /** Webhooks that were taken. */
    long webhooks() {
        return webhooks.get();
    }

    long refused() {
        return refused.get();
    }

    long unsent() {
        return unsent.get();
    }

    private void upsert(HttpExchange call) throws IOException {
        JsonNode body = JSON.readTree(call.getRequestBody().readAllBytes());
        calls.incrementAndGet();
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode results = answer.putArray("contacts");
        synchronized (this) {
            int index = 0;
            for (JsonNode one : body.path("contacts")) {
                told.incrementAndGet();
                Contact contact = contact(one.path("email").asText());
                one.properties().forEach(field -> {
                    if (!field.getValue().isNull()) {
                        String value = field.getValue().asText();
                        boolean isShouted = name.equals("west") && field.getKey().equals("lastName");
                        contact.fields.put(field.getKey(), isShouted ? value.toUpperCase(Locale.ROOT) : value);
                        tally.told(name, contact.fields.get("email"), field.getKey(), value);
                    }
                });
                ObjectNode result = results.addObject().put("index", index++).put("id", contact.id);
                ObjectNode record = result.putObject("record");
                contact.fields.forEach(record::put);
                tell(contact);
            }
        }
        byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
        call.getResponseHeaders().add("Content-Type", "application/json");
        call.sendResponseHeaders(200, bytes.length);
        call.getResponseBody().write(bytes);
        call.close();
    }

    /** Called under the lock. */
    private void tell(Contact contact) {
        contact.updatedAt = Math.max(contact.updatedAt + 1, System.currentTimeMillis());
        ObjectNode body = JSON.createObjectNode();
        contact.fields.forEach(body::put);
        body.put("id", contact.id).put("updatedAt", Instant.ofEpochMilli(contact.updatedAt).toString());
        unsent.incrementAndGet();
        sending.execute(() -> send(body.toString()));
    }

    private void send(String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hub + "/api/webhooks/" + name))
                    .header("X-Signature", signature)
                    .header("X-Event", "contact.changed")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            for (int i = 0; i < 20; i++) {
                if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    webhooks.incrementAndGet();
                    return;
                }
                refused.incrementAndGet();
                HubProcess.pause(100);
            }
        } catch (Exception e) {
            refused.incrementAndGet();
        } finally {
            unsent.decrementAndGet();
        }
    }

    @Override
    public void close() {
        sending.shutdownNow();
        server.stop(0);
    }

    private static ThreadFactory daemons(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private static final class Contact {
        private final String id;
        private final Map<String, String> fields = new ConcurrentHashMap<>();
        private long updatedAt;

        Contact(String id) {
            this.id = id;
        }
    }
}
