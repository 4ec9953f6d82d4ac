package dev.muster.pull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A platform file of the tests. */
final class StreamFile {
    private static final YAMLMapper YAML = new YAMLMapper();

    private StreamFile() {}

    static JsonNode tree(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Streams compiled(String yaml) {
        return Streams.compiler().compile().compile(tree(yaml), "config/platforms/club.yaml");
    }

    /** A stream with this paging and nothing particular else. */
    static Paging paging(String paging) {
        return compiled("streams: { all: { path: /all, items: data, record: any, paging: { " + paging + " } } }")
                .find("all")
                .orElseThrow()
                .paging();
    }
}
