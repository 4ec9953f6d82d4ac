package dev.muster.operation;

import java.util.Locale;

/** Why an operation exists, most urgent first: the ordinal is its priority class. */
public enum OperationType {
    WEBHOOK,
    MANUAL,
    BULK_SYNC;

    /** The name in the API and the database, such as {@code bulk_sync}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
