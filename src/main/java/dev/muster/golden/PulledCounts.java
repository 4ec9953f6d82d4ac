package dev.muster.golden;

/**
 * What became of the records on pulled pages.
 *
 * @param pages how many pages it is about
 * @param created source records that were not known before
 * @param changed source records of which something new was said
 * @param unchanged records that said nothing new: nothing was written of them
 * @param refused records that could not be made
 * @param conflicts golden records of which a person is asked now
 */
public record PulledCounts(long pages, long created, long changed, long unchanged, long refused, long conflicts) {
    PulledCounts plus(PulledCounts other) {
        return new PulledCounts(
                pages + other.pages,
                created + other.created,
                changed + other.changed,
                unchanged + other.unchanged,
                refused + other.refused,
                conflicts + other.conflicts);
    }
}
