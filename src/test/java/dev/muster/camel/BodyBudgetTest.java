package dev.muster.camel;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BodyBudgetTest {
    @Test
    void usualBodiesTakeNothing() {
        BodyBudget budget = new BodyBudget(0);
        assertThat(budget.grow(0, BodyBudget.FREE_BYTES)).isTrue();
        assertThat(budget.grow(BodyBudget.FREE_BYTES, BodyBudget.FREE_BYTES + 1))
                .isFalse();
        assertThat(budget.taken()).isZero();
    }

    @Test
    void whatWasRefusedTakesNoRoom() {
        BodyBudget budget = new BodyBudget(100);
        assertThat(budget.grow(0, BodyBudget.FREE_BYTES + 101)).isFalse();
        assertThat(budget.grow(0, BodyBudget.FREE_BYTES + 100)).isTrue();
    }

    @Property
    void everyByteIsGivenBack(
            @ForAll @Size(max = 20) int @IntRange(min = 1, max = 20_000) [] chunks,
            @ForAll @IntRange(max = 50_000) int most) {
        BodyBudget budget = new BodyBudget(most);
        int length = 0;
        for (int chunk : chunks) {
            if (budget.grow(length, length + chunk)) {
                length += chunk;
            }
            assertThat(budget.taken()).isBetween(0L, (long) most);
        }
        budget.release(length);
        assertThat(budget.taken()).isZero();
    }
}
