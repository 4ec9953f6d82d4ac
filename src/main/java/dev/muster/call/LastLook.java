package dev.muster.call;

/**
 * What is looked at once more when a request's turn has come, right before it leaves: it may have waited for hours. Asked on a
 * thread of the platform; again before a second try.
 */
@FunctionalInterface
public interface LastLook {
    /** Nothing can have changed. */
    LastLook NONE = request -> request;

    /**
     * The request as it may leave now.
     *
     * @throws CallNotNeeded where nothing of it is left
     */
    PlatformRequest of(PlatformRequest request);
}
