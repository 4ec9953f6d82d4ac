package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.canonical.RejectedValue;
import dev.muster.decide.Histories.Delivered;
import dev.muster.failure.Defect;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written is read back the same: source records and provenance. */
class SourceCodecProperties {
    private static final RecordKey KEY = Statements.member("patreon", "1");

    @Provide
    Arbitrary<List<Delivered>> histories() {
        return Histories.any();
    }

    @Provide
    Arbitrary<Instant> instants() {
        return Arbitraries.longs()
                .between(Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond())
                .flatMap(second -> Arbitraries.integers()
                        .between(0, 999_999_999)
                        .map(nano -> Instant.ofEpochSecond(second, nano)));
    }

    @Provide
    Arbitrary<Map<String, Object>> fields() {
        Arbitrary<String> texts = Arbitraries.strings().all().ofMaxLength(20);
        Arbitrary<Object> values = Arbitraries.oneOf(
                texts.map(text -> text),
                Arbitraries.longs().map(number -> number),
                Arbitraries.of(true, false).map(truth -> truth),
                texts.list().ofMaxSize(3).map(list -> list));
        return Arbitraries.maps(Arbitraries.strings().all().ofMinLength(1).ofMaxLength(8), values)
                .ofMaxSize(6);
    }

    @Property(tries = 500)
    void anySourceRecordIsReadBackTheSame(
            @ForAll("fields") Map<String, Object> fields,
            @ForAll("instants") Instant observedAt,
            @ForAll("instants") Instant asOf,
            @ForAll("instants") Instant arrival,
            @ForAll long deliveryId,
            @ForAll boolean tombstone) {
        Map<String, Instant> fieldTimes = new HashMap<>();
        fields.keySet().stream().limit(1).forEach(field -> fieldTimes.put(field, arrival));
        SourceRecord record = SourceRecord.unseen(KEY)
                .absorb(
                        new CanonicalRecord(
                                KEY,
                                fields,
                                observedAt,
                                fieldTimes,
                                asOf,
                                arrival,
                                tombstone,
                                List.of(new RejectedValue("phone", "12\u0000\ud83d", ""))),
                        deliveryId)
                .withGoldenId(77);

        assertThat(SourceCodec.decode(KEY, 77, SourceCodec.encode(record))).isEqualTo(record);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void recordsGrownFromManyDeliveriesAreReadBackTheSame(@ForAll("histories") List<Delivered> history) {
        Map<RecordKey, SourceRecord> sources = new TreeMap<>();
        for (Delivered one : history) {
            sources.merge(
                    one.record().key(),
                    SourceRecord.unseen(one.record().key()).absorb(one.record(), one.deliveryId()),
                    (held, unused) -> held.absorb(one.record(), one.deliveryId()));
        }
        sources.forEach((key, record) -> {
            SourceRecord read = SourceCodec.decode(key, 0, SourceCodec.encode(record));
            assertThat(read).isEqualTo(record);
            assertThat(SourceCodec.encode(read)).isEqualTo(SourceCodec.encode(record));
            assertThat(read.contentHash()).isEqualTo(record.contentHash());
        });
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void provenanceIsReadBackTheSame(@ForAll("histories") List<Delivered> history, @ForAll String reason) {
        Map<RecordKey, SourceRecord> sources = new TreeMap<>();
        for (Delivered one : history) {
            sources.merge(
                    one.record().key(),
                    SourceRecord.unseen(one.record().key()).absorb(one.record(), one.deliveryId()),
                    (held, unused) -> held.absorb(one.record(), one.deliveryId()));
        }
        GoldenState state = new Survivorship(Statements.shippedRules())
                .resolve(
                        Entity.MEMBER,
                        sources.values(),
                        Map.of("phone", new FieldOverride("phone", "1", "ana", Statements.day(3), reason)));
        Map<String, Provenance> expected = new TreeMap<>();
        state.fields().forEach((field, decided) -> expected.put(field, decided.provenance()));

        assertThat(ProvenanceCodec.decode(ProvenanceCodec.encode(state))).isEqualTo(expected);
    }

    @Example
    void aRecordOfWhichNothingWasToldIsReadBackTheSame() {
        SourceRecord unseen = SourceRecord.unseen(KEY);

        assertThat(SourceCodec.decode(KEY, 0, SourceCodec.encode(unseen))).isEqualTo(unseen);
    }

    @Example
    void fieldsOfOneDeliveryShareItsTimes() {
        String body = SourceCodec.encode(Statements.patreon("1")
                .says("email", "ana@example.com")
                .says("firstName", "Ana")
                .says("tags", List.of("a", "b"))
                .source(7));

        assertThat(body)
                .isEqualTo("{\"v\":1,\"s\":[1767225600,0,1767225600,0,0,0,7],\"f\":{\"email\":[\"ana@example.com\",0],"
                        + "\"firstName\":[\"Ana\",0],\"tags\":[[\"a\",\"b\"],0]},\"t\":[false,0],"
                        + "\"e\":[\"ana@example.com\"]}");
    }

    @Example
    void whatCannotBeReadIsADefectThatNamesTheRecord() {
        for (String broken : List.of(
                "",
                "null",
                "[]",
                "{}",
                "{\"v\":2}",
                "{\"v\":1,\"s\":[1,2",
                "{\"v\":1,\"s\":[],\"t\":[false,0]}",
                "{\"v\":1,\"s\":[],\"f\":{\"a\":[null,0]}}",
                "{\"v\":\"x\"}")) {
            assertThatThrownBy(() -> SourceCodec.decode(KEY, 0, broken))
                    .as(broken)
                    .isInstanceOf(Defect.class)
                    .hasMessageContaining("patreon/member/1");
            assertThatThrownBy(() -> ProvenanceCodec.decode(broken)).as(broken).isInstanceOf(Defect.class);
        }
    }
}
