package dev.muster.push;

import dev.muster.platform.Integration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one lane under way: the calls that are left, in order. Used by one exchange at a time; whatever it holds has not
 * been settled yet.
 */
public final class PushWork {
    private final PushStore.Lane lane;
    private final Map<Long, Push> unsettled = new LinkedHashMap<>();
    private final Deque<PushCall> calls = new ArrayDeque<>();
    private final Map<Long, String> freed = new HashMap<>();
    private @Nullable PushTarget target;
    private @Nullable Integration account;
    private int splits;

    PushWork(PushStore.Lane lane, Collection<Push> claimed) {
        this.lane = lane;
        claimed.forEach(push -> unsettled.put(push.goldenId(), push));
    }

    /** Whose rows these are. */
    public PushStore.Lane lane() {
        return lane;
    }

    /** How many rows are not settled. */
    public int size() {
        return unsettled.size();
    }

    void about(PushTarget target, Integration account) {
        this.target = target;
        this.account = account;
    }

    PushTarget target() {
        return known(target);
    }

    Integration account() {
        return known(account);
    }

    private <T> T known(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("The work of " + lane + " was not prepared");
        }
        return value;
    }

    Collection<Push> unsettled() {
        return List.copyOf(unsettled.values());
    }

    void settled(Collection<Settlement> settlements) {
        settlements.forEach(one -> unsettled.remove(one.push().goldenId()));
    }

    /** Notes that somebody gives up an address at the target when this push has been made. */
    void frees(Push push, String email) {
        freed.put(push.goldenId(), email);
    }

    /** The addresses that these settlements have given up. */
    Set<String> freed(Collection<Settlement> settlements) {
        Set<String> emails = new TreeSet<>();
        for (Settlement one : settlements) {
            String email = freed.get(one.push().goldenId());
            if (one.status() == PushStatus.SETTLED && email != null) {
                emails.add(email);
            }
        }
        return emails;
    }

    void next(List<PushCall> first) {
        List<PushCall> reversed = new ArrayList<>(first);
        Collections.reverse(reversed);
        reversed.forEach(calls::addFirst);
    }

    void last(List<PushCall> others) {
        calls.addAll(others);
    }

    /** The call whose turn it is; null where all are made. */
    @Nullable
    PushCall current() {
        return calls.peekFirst();
    }

    /** In the place of the call whose turn it is. */
    void instead(PushCall call) {
        calls.removeFirst();
        calls.addFirst(call);
    }

    void made() {
        calls.removeFirst();
    }

    /** Counts one more division of a refused batch. */
    int split() {
        return ++splits;
    }

    /** By identity alone: Camel looks bodies up by hash. */
    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(@Nullable Object other) {
        return this == other;
    }
}
