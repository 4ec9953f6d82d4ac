package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.RecordKey;
import dev.muster.decide.Histories.Delivered;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.jspecify.annotations.Nullable;

/** With undos in the stream: what is heard afterwards converges, what was taken back stays so, and an undo can be undone. */
class UndoProperties {

    @Provide
    Arbitrary<List<Delivered>> histories() {
        return Histories.any();
    }

    /** What one delivery made of its record, and whether it is undone. */
    private record Step(Delivered delivered, SourceChange change, boolean isUndone) {}

    /** The stream up to an undo. */
    private static final class Stream {
        private final Map<RecordKey, SourceRecord> sources = new TreeMap<>();
        private final List<Step> steps = new ArrayList<>();
        private final List<SourceChange> undos = new ArrayList<>();
        private Map<RecordKey, SourceRecord> before = Map.of();

        Stream(List<Delivered> history, Random random) {
            for (Delivered one : history) {
                RecordKey key = one.record().key();
                SourceRecord held = sources.getOrDefault(key, SourceRecord.unseen(key));
                SourceRecord after = held.absorb(one.record(), one.deliveryId());
                sources.put(key, after);
                SourceChange change = SourceChange.between(held, after);
                steps.add(new Step(
                        one,
                        SourceCodec.decodeChange(key, change.before().goldenId(), SourceCodec.encode(change)),
                        random.nextInt(3) == 0));
            }
            before = new TreeMap<>(sources);
            for (int i = steps.size() - 1; i >= 0; i--) {
                Step step = steps.get(i);
                if (step.isUndone()) {
                    RecordKey key = step.delivered().record().key();
                    SourceRecord held = sources.get(key);
                    Undone result = held.undo(step.change(), step.delivered().deliveryId());
                    sources.put(key, result.record());
                }
            }
            sources.replaceAll((key, source) -> source.settled());
            sources.forEach((key, after) -> undos.add(SourceChange.between(before.get(key), after)));
        }

        Map<RecordKey, SourceRecord> then(List<Delivered> more) {
            Map<RecordKey, SourceRecord> all = new TreeMap<>(sources);
            for (Delivered one : more) {
                RecordKey key = one.record().key();
                SourceRecord held = all.getOrDefault(key, SourceRecord.unseen(key));
                SourceRecord after = held.absorb(one.record(), one.deliveryId());
                all.put(key, SourceCodec.decode(key, 0, SourceCodec.encode(after)));
            }
            return all;
        }
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void whateverIsHeardAfterAnUndoConverges(
            @ForAll("histories") List<Delivered> history,
            @ForAll("histories") List<Delivered> later,
            @ForAll long seed) {
        Random random = new Random(seed);
        Stream stream = new Stream(history, random);
        List<Delivered> more = new ArrayList<>();
        later.forEach(one -> more.add(new Delivered(one.record(), one.deliveryId() + 1000)));
        // the platforms' retries, and pages that say the same again
        history.stream().filter(one -> random.nextInt(3) == 0).forEach(more::add);
        List<Delivered> disturbed = new ArrayList<>(more);
        for (int i = random.nextInt(more.size() + 1); i > 0; i--) {
            disturbed.add(more.get(random.nextInt(more.size())));
        }
        Collections.shuffle(disturbed, random);

        assertThat(stream.then(disturbed)).isEqualTo(stream.then(more));
        Statistics.label("taken back").collect(stream.sources.values().stream().anyMatch(one -> !one.retractions()
                .isEmpty()));
        Statistics.label("taken back").coverage(coverage -> coverage.check(true).percentage(share -> share > 30));
    }

    /**
     * Of a field of which only what was taken back is said again. What an undone delivery stated too late to be held was never
     * taken back: it may be heard now, and shows like any other value that the source had moved on.
     */
    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void whatWasUndoneStaysUndone(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Stream stream = new Stream(history, new Random(seed));
        List<Delivered> again = stream.steps.stream()
                .filter(Step::isUndone)
                .map(step -> new Delivered(
                        step.delivered().record(), step.delivered().deliveryId() + 5000))
                .toList();

        Map<RecordKey, SourceRecord> repeated = stream.then(again);
        boolean[] isSaidAgain = {false};
        stream.sources.forEach((key, source) -> source.retractions().forEach((field, taken) -> {
            List<Object> said = valuesOf(key, field, again);
            if (said.stream().allMatch(value -> taken.stream().anyMatch(one -> one.isOf(value)))) {
                isSaidAgain[0] |= !said.isEmpty();
                Observation now = standing(repeated.get(key), field);
                assertThat(taken).as("%s of %s", field, source).noneMatch(one -> now != null && one.isOf(now.value()));
            }
        }));
        Statistics.label("said again").collect(isSaidAgain[0]);
        Statistics.label("said again").coverage(coverage -> coverage.check(true).percentage(share -> share > 30));
    }

    private static List<Object> valuesOf(RecordKey key, String field, List<Delivered> statements) {
        return statements.stream()
                .map(Delivered::record)
                .filter(record -> record.key().equals(key))
                .map(record -> field.equals(SourceRecord.TOMBSTONE)
                        ? (Object) record.tombstone()
                        : record.fields().get(field))
                .filter(value -> value != null && CanonicalText.held(value) != null)
                .toList();
    }

    private static @Nullable Observation standing(SourceRecord source, String field) {
        return field.equals(SourceRecord.TOMBSTONE)
                ? source.tombstone()
                : source.fields().get(field);
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void aRetractedValueIsNeitherHeldNorKnownAsAddress(
            @ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Stream stream = new Stream(history, new Random(seed));
        stream.then(history).values().forEach(source -> source.retractions().forEach((field, taken) -> {
            Observation now = standing(source, field);
            assertThat(taken).as("%s of %s", field, source).noneMatch(one -> now != null && one.isOf(now.value()));
        }));
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void anUndoCanBeUndone(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Stream stream = new Stream(history, new Random(seed));
        Map<RecordKey, SourceRecord> restored = new TreeMap<>(stream.sources);
        for (SourceChange undo : stream.undos) {
            RecordKey key = undo.before().key();
            restored.put(key, restored.get(key).restore(undo).record());
        }
        restored.forEach((key, source) -> {
            assertThat(source.fields()).isEqualTo(stream.before.get(key).fields());
            assertThat(source.emails()).isEqualTo(stream.before.get(key).emails());
            assertThat(source.removed()).isEqualTo(stream.before.get(key).removed());
            assertThat(source.retractions()).isEmpty();
        });
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void undoingAllLeavesNothing(@ForAll("histories") List<Delivered> history) {
        Stream stream = new Stream(history, new AlwaysZero());
        stream.sources.values().forEach(source -> {
            assertThat(source.fields()).isEmpty();
            assertThat(source.emails()).isEmpty();
            assertThat(source.rejected()).isEmpty();
            assertThat(source.removed()).isFalse();
        });
    }

    private static final class AlwaysZero extends Random {
        private static final long serialVersionUID = 1L;

        @Override
        public int nextInt(int bound) {
            return 0;
        }
    }
}
