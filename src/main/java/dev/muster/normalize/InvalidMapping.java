package dev.muster.normalize;

import java.util.List;

/** A platform's mapping cannot be used. All problems at once, each with where it is and what to do. */
public final class InvalidMapping extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    InvalidMapping(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = List.copyOf(problems);
    }

    /** One sentence each, beginning with the file and the path in it. */
    public List<String> problems() {
        return problems;
    }
}
