package dev.muster.call;

import dev.muster.platform.Integration;
import java.util.concurrent.CompletionStage;

/** Where calls get their credentials. Waiting for a token costs no thread. */
public interface CallCredentials {
    /**
     * The credential in use, renewed first where it is about to expire.
     *
     * @return fails with {@link CredentialUnusable} where a person has to connect the integration anew, and with a
     *     transient failure where the platform's token endpoint is away
     */
    CompletionStage<CallCredential> of(Integration integration);

    /**
     * After a 401: the next credential, by one renewal however many calls ask for it at once.
     *
     * @param refused what the platform did not take
     * @return fails as {@link #of} does; where the credential cannot be renewed (an API key), with
     *     {@link CredentialUnusable}
     */
    CompletionStage<CallCredential> renewed(Integration integration, CallCredential refused);

    /**
     * After a 401 to what {@link #renewed} gave: no call is made with it any more, until a person mends the integration.
     * Not where it was renewed once more meanwhile.
     *
     * @param refused what the platform did not take either
     * @return what the call ends with
     */
    CredentialUnusable refused(Integration integration, CallCredential refused);
}
