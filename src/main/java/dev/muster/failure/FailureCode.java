package dev.muster.failure;

import java.util.Locale;

/** Which failure exactly, for meters, logs and dead letters. The name in the API is lower-case with hyphens. */
public enum FailureCode {
    // refusals at the door
    SIGNATURE_MISSING,
    SIGNATURE_WRONG,
    REPLAY_WINDOW,
    HEADER_CONTRADICTS_BODY,
    ADDRESS_NOT_ALLOWED,
    UNKNOWN_ENDPOINT,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    BODY_UNREADABLE,
    ENCODING_NOT_SUPPORTED,
    SENDER_TOO_SLOW,
    RATE_LIMITED,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    BAD_REQUEST,
    CONFLICTING_STATE,
    // transient
    STORE_UNAVAILABLE,
    OVERLOADED,
    STOPPING,
    PLATFORM_UNAVAILABLE,
    PLATFORM_THROTTLED,
    PUT_OFF,
    // defects: dead letters
    MALFORMED_PAYLOAD,
    MAPPING_FAILED,
    FETCH_REFUSED,
    CREDENTIAL_MISSING,
    FLOW_MISSING,
    PUSH_REFUSED,
    INTERNAL;

    /** The name in metrics, the API and the database, such as {@code signature-wrong}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
