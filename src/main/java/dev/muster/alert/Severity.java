package dev.muster.alert;

import java.util.Locale;

/** Whether an alert should wake somebody. */
public enum Severity {
    /** Now. */
    PAGE,
    /** Within the next day. */
    TICKET;

    /** The name in files and the API. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
