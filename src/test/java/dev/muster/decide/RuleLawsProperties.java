package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.Entity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What union and most_restrictive promise for any sources. */
class RuleLawsProperties {
    private static final List<String> ORDER = List.of("opted_out", "pending", "never", "opted_in");
    private static final Survivorship SHIPPED = new Survivorship(Statements.shippedRules());

    @Provide
    Arbitrary<List<SourceRecord>> consents() {
        return sources(Arbitraries.of(ORDER).map(value -> value), "consentEmail");
    }

    @Provide
    Arbitrary<List<SourceRecord>> tags() {
        return sources(
                Arbitraries.of("a", "b", "c", "d", "é")
                        .list()
                        .ofMinSize(1)
                        .ofMaxSize(4)
                        .map(list -> list),
                "tags");
    }

    private static Arbitrary<List<SourceRecord>> sources(Arbitrary<Object> values, String field) {
        Arbitrary<Statements> statements = Combinators.combine(
                        values, Arbitraries.integers().between(0, 3))
                .as((value, day) -> Statements.patreon("unused").at(day).says(field, value));
        return statements.list().ofMinSize(1).ofMaxSize(6).map(list -> {
            List<SourceRecord> sources = new ArrayList<>();
            for (int i = 0; i < list.size(); i++) {
                Statements one = Statements.about(Statements.member("patreon", String.valueOf(i)));
                list.get(i).record().fields().forEach(one::says);
                sources.add(one.source(i));
            }
            return sources;
        });
    }

    private static Object value(List<SourceRecord> sources, String field) {
        return SHIPPED.resolve(Entity.MEMBER, sources, Map.of()).values().get(field);
    }

    @Property(tries = 300)
    void theResultPermitsNoMoreThanAnySource(@ForAll("consents") List<SourceRecord> sources) {
        int result = ORDER.indexOf(value(sources, "consentEmail"));

        assertThat(sources).anyMatch(source -> ORDER.indexOf(source.text("consentEmail")) == result);
        assertThat(sources).allMatch(source -> ORDER.indexOf(source.text("consentEmail")) >= result);
    }

    @Property(tries = 300)
    void anotherSourceNeverLoosensConsent(@ForAll("consents") List<SourceRecord> sources) {
        List<SourceRecord> fewer = sources.subList(0, Math.max(1, sources.size() - 1));

        assertThat(ORDER.indexOf(value(sources, "consentEmail")))
                .isLessThanOrEqualTo(ORDER.indexOf(value(fewer, "consentEmail")));
    }

    @Property(tries = 300)
    void theUnionHoldsEveryTagOnceAndNoOther(@ForAll("tags") List<SourceRecord> sources) {
        TreeSet<Object> expected = new TreeSet<>();
        sources.forEach(source -> expected.addAll(
                (List<?>) source.fields().values().iterator().next().value()));

        assertThat(value(sources, "tags")).isEqualTo(List.copyOf(expected));
    }
}
