package dev.muster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Values that a schema asks for, and such as nobody would ask for. */
final class Values {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final int DEEP = 3_000;

    /** Each has broken some program. */
    private static final List<String> HOSTILE = List.of(
            "",
            " ",
            "\0",
            "a\0b",
            "\u0001\u0007\u001b[31m",
            "\r\nSet-Cookie: a=b",
            "\ud800",
            "x\udc00y",
            "\ufeff",
            "\uffff",
            "\u202eabc",
            "\u0130\u0131\u00df\ufb01",
            "e\u0301\u0302\u0303".repeat(50),
            "\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67",
            "../../../../etc/passwd",
            "..",
            ".",
            "%00",
            "%2e%2e%2f",
            "%",
            "%zz",
            "' OR '1'='1",
            "'; DROP TABLE members; --",
            "\"\\",
            "${jndi:ldap://127.0.0.1:9/a}",
            "${body}",
            "{{sys:user.home}}",
            "#{T(Runtime)}",
            "<script>alert(1)</script>",
            "~",
            "~~~",
            "*",
            "NULL",
            "null",
            "true",
            "NaN",
            "-1",
            "0",
            "1e400",
            "99999999999999999999",
            "9223372036854775807",
            "-9223372036854775808",
            "2147483648",
            "0x7f",
            "ZZZZZZZZZZZZZ",
            "0000000000000",
            "FZZZZZZZZZZZZ",
            "ffffffffffffff",
            "+1000000000-12-31T23:59:59.999999999Z",
            "-1000000000-01-01T00:00:00Z",
            "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:60Z",
            "2026-02-30T00:00:00Z",
            "1970-01-01T00:00:00+18:00",
            "http://127.0.0.1:9/",
            "file:///etc/passwd",
            "\u0661\u0662\u0663",
            "a,b,c",
            "[]",
            "{}",
            "default",
            "openapi.json");

    private final ApiDocument document;
    private final Pool pool;
    private final Random random;

    Values(ApiDocument document, Pool pool, Random random) {
        this.document = document;
        this.pool = pool;
        this.random = random;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    <T> T oneOf(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** A value as the schema wants it; what a hub already answered under this name is taken where it may fit. */
    JsonNode valid(JsonNode reference, String name) {
        JsonNode schema = document.resolved(reference);
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.has("enum")) {
            return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
        }
        if (schema.has("oneOf")) {
            JsonNode parts = schema.get("oneOf");
            return valid(parts.get(random.nextInt(parts.size())), name);
        }
        if (schema.has("allOf") || schema.has("properties")) {
            return object(schema);
        }
        JsonNode type = schema.path("type");
        return switch (type.isArray() ? type.get(random.nextInt(type.size())).asText() : type.asText("string")) {
            case "null" -> NODES.nullNode();
            case "boolean" -> NODES.booleanNode(random.nextBoolean());
            case "integer" -> integer(schema);
            case "number" -> NODES.numberNode(random.nextInt(1_000) / 8.0);
            case "array" -> array(schema, name);
            case "object" -> freeObject(schema);
            default -> NODES.textNode(text(schema, name));
        };
    }

    private JsonNode integer(JsonNode schema) {
        int least = schema.path("minimum").asInt(0);
        int most = schema.path("maximum").asInt(least + 10);
        return NODES.numberNode(chance(20) ? least : chance(20) ? most : least + random.nextInt(most - least + 1));
    }

    private ArrayNode array(JsonNode schema, String name) {
        ArrayNode array = NODES.arrayNode();
        int size = schema.path("minItems").asInt(0) + random.nextInt(3);
        for (int i = 0; i < size; i++) {
            array.add(valid(schema.path("items"), name));
        }
        return array;
    }

    private ObjectNode object(JsonNode schema) {
        ObjectNode object = NODES.objectNode();
        List<String> required = document.required(schema);
        for (Map.Entry<String, JsonNode> one : document.properties(schema).properties()) {
            if (required.contains(one.getKey()) || chance(50)) {
                object.set(one.getKey(), valid(one.getValue(), one.getKey()));
            }
        }
        return object;
    }

    private ObjectNode freeObject(JsonNode schema) {
        ObjectNode object = NODES.objectNode();
        for (int i = random.nextInt(3); i > 0; i--) {
            String name = oneOf(List.of("accessToken", "apiKey", "webhookSecret", "campaignId", "push", "x"));
            object.set(name, valid(schema.path("additionalProperties"), name));
        }
        return object;
    }

    private String text(JsonNode schema, String name) {
        if (schema.path("format").asText().equals("date-time")) {
            return Instant.ofEpochSecond(1_700_000_000 + random.nextInt(100_000_000))
                    .toString();
        }
        if (name.equals("baseUrl")) {
            return "http://127.0.0.1:9";
        }
        String pattern = schema.path("pattern").asText();
        if (pattern.contains("{12}")) {
            List<String> named = pool.of(name);
            if (!named.isEmpty() && chance(70)) {
                return oneOf(named);
            }
            return chance(85) ? oneOf(pool.ids()) : id();
        }
        List<String> known = pool.of(name);
        if (!known.isEmpty() && chance(70)) {
            return oneOf(known);
        }
        if (!pattern.isEmpty()) {
            return "n" + random.nextInt(1_000);
        }
        return oneOf(List.of("Ada", "Ana María", "Müller", "Zoë \ud83d\ude00", "李", "a b", "x".repeat(40)));
    }

    private String id() {
        StringBuilder id = new StringBuilder("0");
        while (id.length() < 13) {
            id.append(ID_LETTERS.charAt(random.nextInt(32)));
        }
        return id.toString();
    }

    /** A text that nobody asked for. */
    String hostileText() {
        if (chance(10)) {
            return "A".repeat(oneOf(List.of(201, 321, 1_001, 4_097)));
        }
        if (chance(20)) {
            return id();
        }
        return chance(20) ? oneOf(pool.ids()) : oneOf(HOSTILE);
    }

    /** A value that nobody asked for. */
    JsonNode hostile() {
        return switch (random.nextInt(16)) {
            case 0 -> NODES.nullNode();
            case 1 -> NODES.booleanNode(random.nextBoolean());
            case 2 -> NODES.numberNode(new BigInteger("9".repeat(1 + random.nextInt(900))));
            case 3 -> NODES.numberNode(new BigDecimal("-1e" + (1 + random.nextInt(100_000))));
            case 4 -> NODES.numberNode(Long.MIN_VALUE);
            case 5 -> NODES.numberNode(0.1);
            case 6 -> deep();
            case 7 -> wide();
            case 8 -> NODES.arrayNode();
            case 9 -> NODES.objectNode();
            case 10 -> NODES.textNode("A".repeat(random.nextInt(100_000)));
            case 11 -> NODES.arrayNode().add(hostileText()).add(1).addNull();
            default -> NODES.textNode(hostileText());
        };
    }

    private static JsonNode deep() {
        JsonNode node = NODES.nullNode();
        // what is deeper is written as text: a tree of it could not be written
        for (int i = 0; i < 500; i++) {
            node = NODES.arrayNode().add(node);
        }
        return node;
    }

    private JsonNode wide() {
        ObjectNode node = NODES.objectNode();
        for (int i = random.nextInt(2_000); i >= 0; i--) {
            node.put("k" + i, i);
        }
        return node;
    }

    /** One place of a document is another than it should be. */
    JsonNode spoiled(JsonNode document) {
        if (document instanceof ObjectNode object && !object.isEmpty() && chance(85)) {
            List<String> names = new java.util.ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = oneOf(names);
            switch (random.nextInt(4)) {
                case 0 -> object.remove(name);
                case 1 -> object.set(name, spoiled(object.get(name)));
                case 2 -> object.set(oneOf(HOSTILE), hostile());
                default -> object.set(name, hostile());
            }
            return object;
        }
        return hostile();
    }

    /** JSON text that is none, or hardly. */
    String broken(String json) {
        return switch (random.nextInt(9)) {
            case 0 -> json.substring(0, random.nextInt(json.length() + 1));
            case 1 -> json + json;
            case 2 -> "\ufeff" + json;
            case 3 -> "[".repeat(DEEP) + "]".repeat(DEEP);
            case 4 -> "{\"a\":".repeat(DEEP) + "1" + "}".repeat(DEEP);
            case 5 -> json.replaceFirst("\\{", "{\"reason\":\"a\",\"reason\":\"b\",");
            case 6 -> "{\"reason\":\"\\ud800\\u0000\",\"a\":1e99999999}";
            case 7 -> "'" + json + "'";
            default -> "9".repeat(2_000);
        };
    }
}
