package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Under which ids one account's records are kept, so that those of two accounts of one platform in one organization stay
 * apart.
 *
 * @param prefix what stands before the platform's own ids; empty for the first account
 * @param others the prefixes of the organization's other accounts of the platform
 */
public record AccountIds(String prefix, Set<String> others) {
    public AccountIds {
        others = Set.copyOf(others);
    }

    /** What an account that is not the first has before the platform's ids. */
    static String prefixOf(String integration) {
        return integration + ':';
    }

    /** Whether a record that is kept under this id is the account's. */
    public boolean holds(String keptId) {
        return keptId.startsWith(prefix)
                && (!prefix.isEmpty() || others.stream().noneMatch(keptId::startsWith));
    }

    /** The platform's own id of a record of the account. */
    public String external(String keptId) {
        return keptId.substring(prefix.length());
    }

    /** A statement of the account as it is kept: its key, and what it refers to. */
    CanonicalRecord kept(CanonicalRecord record) {
        if (prefix.isEmpty()) {
            return record;
        }
        RecordKey key = record.key();
        Map<String, Object> fields = new TreeMap<>(record.fields());
        fields.replaceAll((field, value) -> value instanceof String text ? kept(key.platform(), text) : value);
        return new CanonicalRecord(
                new RecordKey(key.organization(), key.platform(), key.entity(), prefix + key.externalId()),
                fields,
                record.observedAt(),
                record.fieldTimes(),
                record.asOf(),
                record.arrival(),
                record.tombstone(),
                record.rejected());
    }

    private String kept(String platform, String value) {
        if (value.startsWith(platform + "/")) {
            for (Entity entity : Entity.values()) {
                String start = platform + "/" + entity.id() + "/";
                if (value.startsWith(start)) {
                    return start + prefix + value.substring(start.length());
                }
            }
        }
        return value;
    }
}
