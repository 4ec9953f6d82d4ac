package dev.muster.golden;

import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import java.time.Clock;
import java.util.function.Supplier;

/**
 * What every decision about golden records is made with, whoever asks for it.
 *
 * @param survivorship the rules as they are now
 * @param pushes what is to be told to whom, as it is now
 */
public record Heart(
        Database database,
        Ids ids,
        Clock clock,
        AuditTrail trail,
        Supplier<Survivorship> survivorship,
        Supplier<PushPlan> pushes) {}
