package dev.muster.admin;

import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.Refusal;

/** Answers one operation of the contract. */
@FunctionalInterface
public interface ApiHandler {
    /** @throws Refusal where it cannot be done as asked */
    HttpAnswer answer(ApiCall call);
}
