package dev.muster.golden;

/**
 * Two golden records, whichever is named first.
 *
 * @param lower the smaller id
 */
record GoldenPair(long lower, long higher) {
    static GoldenPair of(long a, long b) {
        return new GoldenPair(Math.min(a, b), Math.max(a, b));
    }
}
