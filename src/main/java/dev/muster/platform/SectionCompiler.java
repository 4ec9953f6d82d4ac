package dev.muster.platform;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * Turns a platform file into what one chapter needs of it, once per load.
 *
 * @param type under which {@link PlatformDefinition#section} answers it
 * @param keys the keys at the top of the file that it reads
 * @param compile told the document and the file's relative path; throws {@link ConfigException} with every problem
 */
public record SectionCompiler<T>(Class<T> type, Set<String> keys, Compile<T> compile) {

    /** The chapter's own reading of the document. */
    @FunctionalInterface
    public interface Compile<T> {
        T compile(JsonNode root, String file);
    }
}
