package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Observations are totally ordered and their join is commutative, associative and idempotent. */
class ObservationProperties {
    @Provide
    Arbitrary<Observation> observations() {
        Arbitrary<Object> values = Arbitraries.of(
                "1", 1L, 2L, true, "true", "", "a", "b", List.of("a"), List.of("a", "b"), List.of("ab"), List.of());
        Arbitrary<Integer> days = Arbitraries.integers().between(0, 1);
        return Combinators.combine(values, days, days, days, Arbitraries.longs().between(1, 2))
                .as((value, observed, asOf, arrival, id) -> new Observation(
                        value, Statements.day(observed), Statements.day(asOf), Statements.day(arrival), id));
    }

    @Property
    void theJoinLawsHold(
            @ForAll("observations") Observation a,
            @ForAll("observations") Observation b,
            @ForAll("observations") Observation c) {
        assertThat(a.join(b)).isEqualTo(b.join(a));
        assertThat(a.join(b).join(c)).isEqualTo(a.join(b.join(c)));
        assertThat(a.join(a)).isEqualTo(a);
    }

    @Property
    void theOrderIsTotalAndEqualOnlyToItself(
            @ForAll("observations") Observation a,
            @ForAll("observations") Observation b,
            @ForAll("observations") Observation c) {
        assertThat(a.compareTo(b) == 0).isEqualTo(a.equals(b));
        assertThat(Integer.signum(a.compareTo(b))).isEqualTo(-Integer.signum(b.compareTo(a)));
        if (a.compareTo(b) <= 0 && b.compareTo(c) <= 0) {
            assertThat(a.compareTo(c)).isLessThanOrEqualTo(0);
        }
    }
}
