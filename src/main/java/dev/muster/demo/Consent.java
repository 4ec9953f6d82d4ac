package dev.muster.demo;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a person allows on one marketing channel.
 *
 * @param at when the word was given; null where none ever was
 * @param suppression why nothing may be sent although the person once agreed, such as {@code HARD_BOUNCE}; null where
 *     nothing stands against it
 */
public record Consent(
        Word word, @Nullable Instant at, @Nullable String suppression) {
    /** The three states, named as Klaviyo names them. */
    public enum Word {
        SUBSCRIBED,
        UNSUBSCRIBED,
        NEVER_SUBSCRIBED
    }

    static final Consent NONE = new Consent(Word.NEVER_SUBSCRIBED, null, null);

    /** Whether marketing may be sent on this channel now. */
    public boolean allows() {
        return word == Word.SUBSCRIBED && suppression == null;
    }
}
