package dev.muster.decide;

import java.util.List;

/** A survivorship file that cannot be used, with everything that is wrong in it. The rules in use stay in use. */
public final class SurvivorshipRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<SurvivorshipProblem> problems;

    SurvivorshipRefused(List<SurvivorshipProblem> problems) {
        super(message(problems));
        this.problems = List.copyOf(problems);
    }

    private static String message(List<SurvivorshipProblem> problems) {
        StringBuilder message = new StringBuilder();
        for (SurvivorshipProblem problem : problems) {
            message.append(message.length() == 0 ? "" : "\n").append(problem);
        }
        return message.toString();
    }

    /** Everything that is wrong, in the order of the file. */
    public List<SurvivorshipProblem> problems() {
        return problems;
    }
}
