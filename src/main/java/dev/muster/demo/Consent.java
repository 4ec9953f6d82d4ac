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

    /** 2: no; 1: never asked, or the box was left unticked; 0: yes. */
    int strictness() {
        return suppression != null || word == Word.UNSUBSCRIBED ? 2 : word == Word.NEVER_SUBSCRIBED ? 1 : 0;
    }

    /** Whether marketing may be sent on this channel now. */
    public boolean allows() {
        return word == Word.SUBSCRIBED && suppression == null;
    }
}
