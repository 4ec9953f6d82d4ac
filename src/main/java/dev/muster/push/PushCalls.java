package dev.muster.push;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which calls the verdicts of a batch become, and in which order. */
final class PushCalls {
    /** After so many tries in vain, records go in ever smaller company: one of them may be what the platform chokes on. */
    private static final int TOGETHER_MAX = 3;

    private static final List<PushStep> ORDER =
            List.of(PushStep.WITHDRAW, PushStep.REMOVE, PushStep.MOVE, PushStep.UPDATE);

    private PushCalls() {}

    /** Withdrawals first; then questions about what may have arrived; then all else. */
    static List<PushCall> of(PushTarget target, List<PushVerdict> verdicts) {
        List<PushVerdict> certain = new ArrayList<>();
        List<PushVerdict> doubtful = new ArrayList<>();
        for (PushVerdict verdict : verdicts) {
            boolean isDoubtful = verdict.push().sending() != null
                    && target.readBack() != null
                    && !action(target, verdict.step()).idempotent();
            (isDoubtful ? doubtful : certain).add(verdict);
        }
        return inOrder(target, certain, doubtful);
    }

    /** The target was asked, and these are not there as they should be. */
    static List<PushCall> ofMissing(PushTarget target, List<PushVerdict> verdicts) {
        return inOrder(target, verdicts, List.of());
    }

    private static List<PushCall> inOrder(PushTarget target, List<PushVerdict> certain, List<PushVerdict> doubtful) {
        List<PushCall> calls = new ArrayList<>();
        for (PushStep step : ORDER) {
            List<PushVerdict> those = certain.stream()
                    .filter(verdict -> order(verdict.step()) == step)
                    .toList();
            if (!those.isEmpty()) {
                add(calls, target, action(target, step), those, false);
            }
            PushAction question = target.readBack();
            if (step == PushStep.WITHDRAW && question != null) {
                add(calls, target, question, doubtful, true);
            }
        }
        return calls;
    }

    /** Creating and updating are one call. */
    static PushStep order(PushStep step) {
        return step == PushStep.CREATE ? PushStep.UPDATE : step;
    }

    /** The target's call for a step. */
    static PushAction action(PushTarget target, PushStep step) {
        PushAction action =
                switch (step) {
                    case WITHDRAW -> target.withdraw();
                    case REMOVE -> target.remove();
                    case MOVE -> target.move();
                    default -> target.upsert();
                };
        if (action == null) {
            throw new IllegalStateException(target.name() + " has no call for " + step.id());
        }
        return action;
    }

    private static void add(
            List<PushCall> calls,
            PushTarget target,
            PushAction action,
            List<PushVerdict> verdicts,
            boolean isQuestion) {
        List<PushVerdict> left = verdicts;
        while (!left.isEmpty()) {
            List<PushVerdict> together = new ArrayList<>();
            List<PushVerdict> later = new ArrayList<>();
            Set<String> keys = new HashSet<>();
            int room = action.each() ? 1 : target.batch();
            for (PushVerdict verdict : left) {
                room = Math.min(room, together(target, verdict.push().attempts()));
                String key = verdict.key();
                // Of two that the target knows by one name, it would take either.
                if (together.size() < room && (key == null || keys.add(key))) {
                    together.add(verdict);
                } else {
                    later.add(verdict);
                }
            }
            if (together.isEmpty()) {
                together.add(later.remove(0));
            }
            calls.add(new PushCall(action, together, isQuestion));
            left = later;
        }
    }

    private static int together(PushTarget target, int attempts) {
        return Math.max(1, target.batch() >> Math.min(31, Math.max(0, attempts - TOGETHER_MAX)));
    }
}
