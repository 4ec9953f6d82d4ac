package dev.muster.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One fact for the audit log.
 *
 * @param id of the entry, where something else refers to it; null for one that is made up
 * @param organization whose; {@link #HUB} for what is about the whole hub
 * @param actor the person's name, {@code key NAME (ID)}, or a platform's id where an operation of it did it
 * @param action what was done, such as {@code change} or {@code integration.delete}
 * @param entity what kind of thing it was done to
 * @param recordId the golden record; null where it is about none
 * @param subject what else names the thing: an integration, a file, a stream; null for a golden record
 * @param operationId the operation that did it; null where a person did
 * @param reason why, in the person's words; null where none were given
 * @param changes a JSON object: before and after. Values belong here or into the reason and nowhere else, for an erasure
 *     takes them out again; secrets belong nowhere
 */
public record AuditEntry(
        @Nullable Long id,
        String organization,
        String actor,
        String action,
        String entity,
        @Nullable Long recordId,
        @Nullable String subject,
        @Nullable Long operationId,
        @Nullable String reason,
        String changes) {
    /** The chain of what is about no single organization. */
    public static final String HUB = "";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** An act of a person upon something that is no golden record. */
    public static AuditEntry act(String organization, String actor, String action, String entity, String subject) {
        return new AuditEntry(null, organization, actor, action, entity, null, subject, null, null, "{}");
    }

    /** The same with what was changed, as names and values that JSON knows; keys are sorted. */
    public AuditEntry changing(Map<String, ?> changes) {
        try {
            return withChanges(JSON.writeValueAsString(new TreeMap<>(changes)));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("What was changed cannot be told as JSON", e);
        }
    }

    private AuditEntry withChanges(String json) {
        return new AuditEntry(id, organization, actor, action, entity, recordId, subject, operationId, reason, json);
    }

    /** The same with a reason. */
    public AuditEntry because(@Nullable String words) {
        return new AuditEntry(id, organization, actor, action, entity, recordId, subject, operationId, words, changes);
    }

    /** The same about a golden record. */
    public AuditEntry about(long record) {
        return new AuditEntry(id, organization, actor, action, entity, record, subject, operationId, reason, changes);
    }

    /** The same about an operation. */
    public AuditEntry of(long operation) {
        return new AuditEntry(id, organization, actor, action, entity, recordId, subject, operation, reason, changes);
    }
}
