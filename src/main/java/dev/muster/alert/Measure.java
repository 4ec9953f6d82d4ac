package dev.muster.alert;

import java.util.Locale;
import java.util.Optional;

/** What a rule can look at. */
public enum Measure {
    /** Deliveries that could not be taken, and operations that failed or became dead letters, within the window. */
    FAILED_WEBHOOKS(
            Scope.ACCOUNT,
            true,
            "webhooks were not taken, or failed",
            "Read the causes with ./muster dead-letters, mend them, then ./muster replay. Deliveries that were not taken are"
                    + " sent again by most platforms: look at the store and the disk."),
    /** Operations that became dead letters within the window. */
    DEAD_LETTERS(
            Scope.ACCOUNT,
            true,
            "new dead letters",
            "Read their causes with ./muster dead-letters, mend them, then ./muster replay. They are kept."),
    /** Conflicts that wait for a person now. */
    CONFLICT_QUEUE(
            Scope.ORGANIZATION,
            false,
            "conflicts wait for a person",
            "Decide them: ./muster conflicts. The current values stand meanwhile. If one rule makes most of them, look at"
                    + " config/survivorship.yaml."),
    /** For how many seconds the oldest operation of a platform has waited. Of all organizations together. */
    QUEUE_AGE(
            Scope.PLATFORM,
            false,
            "seconds the oldest operation waits",
            "Deliveries are kept and not worked on: is the flow stopped, its circuit breaker open, or the store slow?"),
    /** 1 where calls fail and none succeeds, the circuit breaker is open, or all has gone quiet; else 0. */
    PLATFORM_DOWN(
            Scope.ACCOUNT,
            true,
            "(1: down)",
            "Its breaker is open, or nothing came from it and no call succeeded, though there was traffic before. Look at the"
                    + " platform's status page, its webhook's settings, and the account (./muster integration list)."),
    /** Deliveries refused for their signature or their age, within the window. */
    SIGNATURE_FAILURES(
            Scope.ACCOUNT,
            true,
            "deliveries were refused for their signature or age",
            "Either somebody tries the door, or the secret was changed on the platform and not here. While one secret replaces"
                    + " the other, both can be valid."),
    /** Pushes that the platform refused, within the window. */
    FAILED_PUSHES(
            Scope.ACCOUNT,
            true,
            "pushes failed",
            "The platform was not told and keeps what it had: ./muster pushes names the cause; mend it, then ./muster"
                    + " push-again."),
    /** Accounts that a person has to connect anew. */
    CREDENTIAL_REFUSED(
            Scope.ACCOUNT,
            false,
            "accounts have to be connected anew",
            "Their work waits and is not lost: ./muster integration list --status needs_reconnect names them, ./muster"
                    + " integration connect mends them."),
    /** Free megabytes where the hub that looks keeps its data. */
    DISK_FREE(
            Scope.HUB,
            false,
            "MB are free on the hub's disk",
            "Make room now: without it nothing can be accepted soon."),
    /** Hours since the newest file in the directory of backups was written; measured where that is set. */
    BACKUP_AGE(
            Scope.HUB,
            false,
            "hours since the last backup",
            "Look why no backup is written any more: its job, its directory (MUSTER_BACKUP_DIRECTORY), its disk.");

    /** Of what it is measured. */
    public enum Scope {
        HUB,
        ORGANIZATION,
        PLATFORM,
        /** An organization's accounts on one platform. */
        ACCOUNT
    }

    private final Scope scope;
    private final boolean windowed;
    private final String words;
    private final String advice;

    Measure(Scope scope, boolean windowed, String words, String advice) {
        this.scope = scope;
        this.windowed = windowed;
        this.words = words;
        this.advice = advice;
    }

    public Scope scope() {
        return scope;
    }

    /** Whether it is counted over a window of time. */
    public boolean isWindowed() {
        return windowed;
    }

    /** What stands behind the number. */
    String words() {
        return words;
    }

    /** What to do about it. */
    String advice() {
        return advice;
    }

    /** The name in files and the API, such as {@code failed-webhooks}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Measure> of(String id) {
        for (Measure measure : values()) {
            if (measure.id().equals(id)) {
                return Optional.of(measure);
            }
        }
        return Optional.empty();
    }
}
