package dev.muster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditSearch;
import dev.muster.audit.AuditTrail;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records which files under {@code config/} and {@code routes/} changed, by their digests before and after: while the hub runs,
 * and between one run and the next.
 */
final class FilesTrail {
    private static final Logger LOG = LoggerFactory.getLogger(FilesTrail.class);
    private static final String ACTION = "files.change";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final AuditTrail trail;
    private final AuditSearch search;

    FilesTrail(AuditTrail trail, AuditSearch search) {
        this.trail = trail;
        this.search = search;
    }

    /** @param texts every file as it is now: name to text */
    void noticed(Map<String, String> texts) {
        try {
            Map<String, String> now = new TreeMap<>();
            texts.forEach((name, text) -> now.put(name, digest(text)));
            Map<String, String> before = lastKnown();
            Map<String, Object> changed = new TreeMap<>();
            TreeSet<String> names = new TreeSet<>(before.keySet());
            names.addAll(now.keySet());
            for (String name : names) {
                if (!Objects.equals(before.get(name), now.get(name))) {
                    changed.put(name, Arrays.asList(before.get(name), now.get(name)));
                }
            }
            if (!changed.isEmpty()) {
                trail.record(AuditEntry.act(AuditEntry.HUB, "files", ACTION, "configuration", "config, routes")
                        .changing(Map.of("changed", changed, "files", now)));
            }
        } catch (RuntimeException e) {
            LOG.error("Which files changed could not be recorded in the audit log; their next change records it", e);
        }
    }

    private Map<String, String> lastKnown() {
        AuditSearch.Question question =
                new AuditSearch.Question(AuditEntry.HUB, null, ACTION, null, null, null, null, null);
        Map<String, String> files = new TreeMap<>();
        for (AuditSearch.Found last : search.find(question, Long.MAX_VALUE, 1).items()) {
            try {
                for (Map.Entry<String, JsonNode> file :
                        JSON.readTree(last.entry().changes()).path("files").properties()) {
                    files.put(file.getKey(), file.getValue().asText());
                }
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("The audit log's entry about files is not JSON", e);
            }
        }
        return files;
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }
}
