package dev.muster.push;

import java.util.Locale;

/** What has to be done at a target about one record. */
enum PushStep {
    NONE,
    CREATE,
    UPDATE,
    /** It is there under another key. */
    MOVE,
    WITHDRAW,
    REMOVE,
    /** Another one is about to be told under the same address. */
    WAIT,
    /** A person has to decide. */
    HOLD,
    /** The mapping makes nothing of it. */
    UNMAPPABLE;

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
