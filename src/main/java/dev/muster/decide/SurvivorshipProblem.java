package dev.muster.decide;

/**
 * One thing wrong in a survivorship file.
 *
 * @param file the file's name as given
 * @param line counted from 1
 * @param path where in the file, such as {@code entities.member.fields.tags}
 * @param message what is wrong and what to write instead
 */
public record SurvivorshipProblem(String file, int line, String path, String message) {
    @Override
    public String toString() {
        return file + ":" + line + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
