package dev.muster.credential;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/**
 * What a platform gave, as it is sealed.
 *
 * @param access empty where there is none yet
 * @param refresh empty where there is none
 * @param seed of the configured tokens that these grew out of: where a person has put in others, these are done with
 * @param secrets of all the secrets that were in use when the platform refused: where others are there now, it may take them
 */
record Tokens(String access, String refresh, String seed, String secrets) {
    private static final ObjectMapper JSON = new ObjectMapper();

    Tokens refusedWith(String now) {
        return new Tokens(access, refresh, seed, now);
    }

    byte[] json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("access", access);
        node.put("refresh", refresh);
        node.put("seed", seed);
        node.put("secrets", secrets);
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Tokens could not be written", e);
        }
    }

    static Tokens of(byte[] json) {
        try {
            JsonNode node = JSON.readTree(json);
            return new Tokens(
                    node.path("access").asText(),
                    node.path("refresh").asText(),
                    node.path("seed").asText(),
                    node.path("secrets").asText());
        } catch (IOException e) {
            throw new IllegalStateException("Stored tokens cannot be read");
        }
    }

    @Override
    public String toString() {
        return "Tokens[" + (access.isEmpty() ? "none" : "***") + "]";
    }
}
