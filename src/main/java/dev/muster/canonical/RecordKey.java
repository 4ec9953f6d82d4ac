package dev.muster.canonical;

import static java.util.Objects.requireNonNull;

/**
 * Names one record on one platform, as one organization sees it.
 *
 * @param organization the owner's id, such as {@code default}
 * @param platform the platform's id, such as {@code patreon}
 * @param entity what the record is
 * @param externalId the platform's own id, kept as text exactly as given
 */
public record RecordKey(String organization, String platform, Entity entity, String externalId)
        implements Comparable<RecordKey> {

    public RecordKey {
        requireNonNull(organization, "organization");
        requireNonNull(platform, "platform");
        requireNonNull(entity, "entity");
        if (externalId.isBlank()) {
            throw new IllegalArgumentException("A record of " + platform + " has no external id");
        }
    }

    /** The form in which one record refers to another of the same organization: {@code platform/entity/externalId}. */
    public String reference() {
        return platform + "/" + entity.id() + "/" + externalId;
    }

    @Override
    public int compareTo(RecordKey other) {
        int order = organization.compareTo(other.organization);
        if (order == 0) {
            order = platform.compareTo(other.platform);
        }
        if (order == 0) {
            order = entity.compareTo(other.entity);
        }
        return order == 0 ? externalId.compareTo(other.externalId) : order;
    }
}
