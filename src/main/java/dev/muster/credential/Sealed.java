package dev.muster.credential;

/**
 * A secret under seal.
 *
 * @param generation of the key
 * @param bytes never changed by anyone
 */
record Sealed(long generation, byte[] bytes) {
    @Override
    public String toString() {
        return bytes.length + " sealed bytes of generation " + generation;
    }
}
