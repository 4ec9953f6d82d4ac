package dev.muster.quota;

import dev.muster.call.PlatformAnswer;

/** The leave to make one call now. Exactly one of its methods is to be called when the call is over. */
public interface Turn {
    /** It was answered: what the platform says of its quota is heard. */
    void answered(PlatformAnswer answer);

    /** It was made, and there was no answer; it may have been counted. */
    void unanswered();

    /** It was not made. */
    void unused();
}
