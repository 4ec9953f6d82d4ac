package dev.muster.platform;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * One {@code config/platforms/<x>.yaml}, read and compiled. Immutable: an edit of the file makes a new one.
 *
 * @param id the file's stem, such as {@code patreon}
 * @param title for people
 * @param file relative path, for messages
 * @param root the whole document
 * @param api how its API is called
 * @param sections what the chapters made of their own sections, by type
 */
public record PlatformDefinition(
        String id, String title, String file, JsonNode root, ApiSettings api, Map<Class<?>, Object> sections) {

    /** A chapter's compiled section, such as the webhook settings. */
    public <T> T section(Class<T> type) {
        Object section = sections.get(type);
        if (section == null) {
            throw new IllegalStateException(file + " was not compiled for " + type.getSimpleName());
        }
        return type.cast(section);
    }
}
