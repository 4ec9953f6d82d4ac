package dev.muster.push;

import java.util.ArrayList;
import java.util.List;

/**
 * One call of a batch: what is done, and for whom.
 *
 * @param action as the target describes it
 * @param isQuestion whether it only asks what the target has
 */
record PushCall(PushAction action, List<PushVerdict> verdicts, boolean isQuestion) {
    PushCall {
        verdicts = List.copyOf(verdicts);
    }

    /** Both halves, where a refusal says nothing of which record was meant. */
    List<PushCall> halves() {
        int half = verdicts.size() / 2;
        List<PushCall> halves = new ArrayList<>(2);
        halves.add(new PushCall(action, verdicts.subList(0, half), isQuestion));
        halves.add(new PushCall(action, verdicts.subList(half, verdicts.size()), isQuestion));
        return halves;
    }
}
