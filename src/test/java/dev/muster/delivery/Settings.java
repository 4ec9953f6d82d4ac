package dev.muster.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Reads YAML for tests. */
final class Settings {
    private static final YAMLMapper YAML = new YAMLMapper();

    private Settings() {}

    static JsonNode yaml(String text) {
        try {
            return YAML.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode resource(String name) {
        try (InputStream stream = Settings.class.getResourceAsStream(name)) {
            return YAML.readTree(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SignatureScheme scheme(String yaml) {
        return SignatureScheme.of(SignatureSettings.of(yaml(yaml)));
    }
}
