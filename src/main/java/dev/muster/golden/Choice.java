package dev.muster.golden;

import org.jspecify.annotations.Nullable;

/** What a person says of a conflict. Whatever it is, it becomes an override, and can be lifted as one. */
public sealed interface Choice {
    /** The name in the API and in the table. */
    String id();

    /** The value that stands goes on standing. */
    record KeepCurrent() implements Choice {
        @Override
        public String id() {
            return "keep_current";
        }
    }

    /**
     * A rival's value stands from now on. Where the rivals say several things, one of them has to be named.
     *
     * @param rival its place in the conflict's list of rivals, from 0; null where it is named by value, or need not be named
     * @param value its value; null where it is named by place, or need not be named
     */
    record AcceptIncoming(@Nullable Integer rival, @Nullable Object value) implements Choice {
        /** The only value that the rivals have. */
        public AcceptIncoming() {
            this(null, null);
        }

        @Override
        public String id() {
            return "accept_incoming";
        }
    }

    /**
     * A value of the person's own.
     *
     * @param value a {@link String}, a whole number, a {@link Boolean} or a {@code List<String>}
     */
    record Own(Object value) implements Choice {
        @Override
        public String id() {
            return "own";
        }
    }
}
