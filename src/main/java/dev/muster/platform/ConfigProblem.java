package dev.muster.platform;

/**
 * Something wrong in a file that a person edits.
 *
 * @param file relative to the hub's home, such as {@code config/platforms/patreon.yaml}
 * @param line from 1; 0 where the whole file is meant
 * @param message what is wrong and what to write instead
 */
public record ConfigProblem(String file, int line, String message) {
    @Override
    public String toString() {
        return (line > 0 ? file + ":" + line : file) + ": " + message;
    }
}
