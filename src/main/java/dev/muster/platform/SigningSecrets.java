package dev.muster.platform;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What may sign the webhooks of an account. Opened when a delivery is first checked, and then held as long as the account
 * is: whoever only reads an account opens nothing. Shows no secret.
 */
public final class SigningSecrets {
    private final Supplier<List<String>> opener;
    private volatile @Nullable List<String> opened;

    private SigningSecrets(Supplier<List<String>> opener) {
        this.opener = opener;
    }

    /** Those that are text anyway. */
    public static SigningSecrets of(List<String> secrets) {
        SigningSecrets known = new SigningSecrets(() -> secrets);
        known.opened = List.copyOf(secrets);
        return known;
    }

    /** @param opener asked until it has answered once; may wait for the store */
    public static SigningSecrets opened(Supplier<List<String>> opener) {
        return new SigningSecrets(opener);
    }

    /** Whether {@link #all} answers without waiting. */
    public boolean areAtHand() {
        return opened != null;
    }

    /** All of them, opened now where they are not yet. */
    public List<String> all() {
        List<String> known = opened;
        if (known == null) {
            known = List.copyOf(opener.get());
            opened = known;
        }
        return known;
    }
}
