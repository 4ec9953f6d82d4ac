package dev.muster.golden;

import static dev.muster.golden.GoldenConvergenceProperties.heart;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.golden.GoldenConvergenceProperties.Delivered;
import dev.muster.normalize.NormalizedOperation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/** The store keeps it where something is undone: what comes afterwards, in any order, ends in the same tables. */
class UndoConvergenceProperties {
    private static final ByWhom EVE = new ByWhom("eve", "", null);
    private static Undos undos;

    @BeforeContainer
    static void open() throws Exception {
        GoldenConvergenceProperties.open();
        undos = new Undos(heart, 30);
    }

    @AfterContainer
    static void close() throws IOException {
        GoldenConvergenceProperties.close();
    }

    @Provide
    Arbitrary<List<Delivered>> histories() {
        return new GoldenConvergenceProperties().histories();
    }

    private static void apply(List<Delivered> history, Random random, int batchMax) {
        for (int next = 0; next < history.size(); ) {
            int end = Math.min(history.size(), next + 1 + random.nextInt(batchMax));
            GoldenConvergenceProperties.apply(history.subList(next, end).stream()
                    .map(GoldenConvergenceProperties::operation)
                    .toList());
            next = end;
        }
    }

    private static Undo undone(UndoScope scope) {
        Undo undo = undos.begin(scope, EVE);
        while (undos.goOn(undo)) {
            assertThat(undo.endedAt()).isNull();
        }
        return undo;
    }

    /** Some history, of which some operations are undone, the latest first. */
    private static List<Undo> begun(List<Delivered> history, Set<Integer> wrong) {
        GoldenConvergenceProperties.clear();
        List<NormalizedOperation> applied = new ArrayList<>();
        for (Delivered one : history) {
            NormalizedOperation operation = GoldenConvergenceProperties.operation(one);
            applied.add(operation);
            GoldenConvergenceProperties.apply(List.of(operation));
        }
        List<Undo> undone = new ArrayList<>();
        for (int i = applied.size() - 1; i >= 0; i--) {
            if (wrong.contains(i)) {
                long id = applied.get(i).operation().id();
                String platform = applied.get(i).operation().platform();
                undone.add(undone(new UndoScope(UndoScope.Kind.OPERATION, "default", platform, null, id, id, null)));
            }
        }
        return undone;
    }

    private static Set<Integer> some(List<Delivered> history, Random random) {
        Set<Integer> wrong = new HashSet<>();
        for (int i = 0; i < history.size(); i++) {
            if (random.nextInt(3) == 0) {
                wrong.add(i);
            }
        }
        return wrong;
    }

    @Property(tries = 60, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void whatComesAfterAnUndoMayComeInAnyOrder(
            @ForAll("histories") List<Delivered> history,
            @ForAll("histories") List<Delivered> later,
            @ForAll long seed) {
        Random random = new Random(seed);
        Set<Integer> wrong = some(history, random);
        List<Delivered> more = new ArrayList<>();
        later.forEach(one -> more.add(new Delivered(one.record(), one.deliveryId() + 1_000)));
        history.stream().filter(one -> random.nextInt(3) == 0).forEach(more::add);
        begun(history, wrong);
        Map<String, String> undoneOnly = GoldenConvergenceProperties.contents();
        apply(more, new Random(0), 1);
        Map<String, String> inOrder = GoldenConvergenceProperties.contents();
        List<Delivered> disturbed = new ArrayList<>(more);
        disturbed.addAll(more.subList(0, random.nextInt(more.size() + 1)));
        Collections.shuffle(disturbed, random);

        begun(history, wrong);
        assertThat(GoldenConvergenceProperties.contents()).isEqualTo(undoneOnly);
        apply(disturbed, random, 7);

        assertThat(GoldenConvergenceProperties.contents()).isEqualTo(inOrder);
        Statistics.label("taken back")
                .collect(undoneOnly.values().stream().anyMatch(value -> value.contains("\"u\":")));
        Statistics.label("taken back").coverage(coverage -> coverage.check(true).percentage(share -> share > 30));
    }

    @Property(tries = 60, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void undoingEveryUndoGivesBackWhatWas(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        begun(history, Set.of());
        Map<String, String> before = GoldenConvergenceProperties.contents();

        List<Undo> undone = begun(history, some(history, new Random(seed)));
        Collections.reverse(undone);
        undone.forEach(undo -> undone(undos.undo(undo.id(), EVE)));

        assertThat(GoldenConvergenceProperties.contents()).isEqualTo(before);
    }
}
