package dev.muster.quota;

import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import java.util.concurrent.CompletableFuture;

/** Who may call when. */
public final class Quotas {
    private static final Turn AT_ONCE = new Turn() {
        @Override
        public void answered(PlatformAnswer answer) {}

        @Override
        public void unanswered() {}

        @Override
        public void unused() {}
    };

    /** A turn for one call, when its time has come. Cancelled, it is given up. */
    public CompletableFuture<Turn> turn(PlatformRequest request) {
        return CompletableFuture.completedFuture(AT_ONCE);
    }
}
