package dev.muster.golden;

import dev.muster.operation.Operation;
import dev.muster.platform.BrakeSettings;
import org.jspecify.annotations.Nullable;

/** When an operation's account is stopped. */
@FunctionalInterface
public interface BrakeRules {
    /** Nobody is ever stopped. */
    BrakeRules NONE = operation -> null;

    /** @return null where the operation is neither counted nor stopped */
    @Nullable
    BrakeSettings of(Operation operation);
}
