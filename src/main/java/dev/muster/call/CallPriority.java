package dev.muster.call;

/** How urgent a call is when its quota is short. */
public enum CallPriority {
    /** Something that a webhook set off, or a person: part of each quota is kept for these. */
    PROMPT,
    /** Pulls and pushes: they have time. */
    BULK
}
