package dev.muster.normalize;

import dev.muster.canonical.Entity;

/**
 * A record that could not be made, while the others of the same delivery go on.
 *
 * @param entity what it would have been
 * @param reason what is missing, for a person
 */
public record RejectedRecord(Entity entity, String reason) {}
