package dev.muster.decide;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.canonical.RejectedValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Statements for tests, written short: {@code patreon("1").at(5).says("email", "ana@example.com").source(7)}. */
final class Statements {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final RecordKey key;
    private final Map<String, Object> fields = new HashMap<>();
    private final Map<String, Instant> fieldTimes = new HashMap<>();
    private final List<RejectedValue> rejected = new ArrayList<>();
    private Instant observedAt = START;
    private Instant asOf = START;
    private Instant arrival = Instant.EPOCH;
    private boolean tombstone;

    private Statements(RecordKey key) {
        this.key = key;
    }

    static Statements about(RecordKey key) {
        return new Statements(key);
    }

    static Statements patreon(String externalId) {
        return about(member("patreon", externalId));
    }

    static Statements klaviyo(String externalId) {
        return about(member("klaviyo", externalId));
    }

    static Statements eventbrite(String externalId) {
        return about(member("eventbrite", externalId));
    }

    static RecordKey member(String platform, String externalId) {
        return new RecordKey("default", platform, Entity.MEMBER, externalId);
    }

    static Instant day(long day) {
        return START.plusSeconds(86_400 * day);
    }

    /** Observed on this day, and as of it. */
    Statements at(long day) {
        observedAt = day(day);
        asOf = day(day);
        return this;
    }

    Statements asOf(long day) {
        asOf = day(day);
        return this;
    }

    Statements arrived(long day) {
        arrival = day(day);
        return this;
    }

    Statements says(String field, Object value) {
        fields.put(field, value);
        return this;
    }

    Statements says(String field, Object value, long day) {
        fieldTimes.put(field, day(day));
        return says(field, value);
    }

    Statements rejects(String field, String value, String reason) {
        rejected.add(new RejectedValue(field, value, reason));
        return this;
    }

    Statements removed() {
        tombstone = true;
        return this;
    }

    CanonicalRecord record() {
        return new CanonicalRecord(key, fields, observedAt, fieldTimes, asOf, arrival, tombstone, rejected);
    }

    SourceRecord source(long deliveryId) {
        return SourceRecord.unseen(key).absorb(record(), deliveryId);
    }

    SourceRecord source() {
        return source(1);
    }

    /** The rules that are shipped. */
    static SurvivorshipRules shippedRules() {
        try {
            return SurvivorshipRules.parse(
                    "config/survivorship.yaml", Files.readString(Path.of("config", "survivorship.yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SurvivorshipRefused e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    static SurvivorshipRules rules(String yaml) {
        try {
            return SurvivorshipRules.parse("test.yaml", yaml);
        } catch (SurvivorshipRefused e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }
}
