package dev.muster.decide;

import static dev.muster.decide.Statements.eventbrite;
import static dev.muster.decide.Statements.klaviyo;
import static dev.muster.decide.Statements.member;
import static dev.muster.decide.Statements.patreon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class IdentityTest {
    private static Statements ana(Statements statement) {
        return statement
                .says("email", "home@example.com")
                .says("firstName", "Ana")
                .says("lastName", "Lee");
    }

    private static Statements bob(Statements statement) {
        return statement
                .says("email", "home@example.com")
                .says("firstName", "Bob")
                .says("lastName", "Lee");
    }

    private static List<List<RecordKey>> people(SourceRecord... sources) {
        List<List<RecordKey>> people = new ArrayList<>();
        Identity.partition(List.of(sources)).clusters().forEach(cluster -> people.add(cluster.keys()));
        return people;
    }

    @Test
    void sameEmailIsOnePerson() {
        assertThat(people(ana(patreon("1")).source(), ana(klaviyo("2")).source()))
                .containsExactly(List.of(member("klaviyo", "2"), member("patreon", "1")));
    }

    @Test
    void letterCaseOfAnEmailDoesNotMatter() {
        assertThat(people(
                        patreon("1").says("email", "A@Example.com").source(),
                        klaviyo("2").says("email", "a@example.COM").source()))
                .hasSize(1);
    }

    @Test
    void anEmailOnceHadStillConnects() {
        SourceRecord moved = ana(patreon("1"))
                .at(1)
                .source()
                .absorb(patreon("1").at(2).says("email", "new@example.com").record(), 2);

        assertThat(people(moved, ana(klaviyo("2")).source())).hasSize(1);
    }

    @Test
    void withoutAnEmailEachIsAlone() {
        assertThat(people(
                        patreon("1").says("firstName", "Ana").source(),
                        klaviyo("2").says("firstName", "Ana").source()))
                .hasSize(2);
    }

    @Test
    void sharedEmailWithClearlyDifferentNamesIsADuplicateCandidate() {
        Partition partition = Identity.partition(
                List.of(ana(patreon("1")).source(), bob(eventbrite("2")).source()));

        assertThat(partition.clusters()).hasSize(2);
        assertThat(partition.duplicates())
                .containsExactly(new DuplicateCandidate(
                        member("eventbrite", "2"),
                        member("patreon", "1"),
                        "home@example.com",
                        "'Bob Lee' and 'Ana Lee' share this address, but their names are clearly different"));
    }

    @Test
    void anInitialDoesNotTieTwoPeopleTogether() {
        Partition partition = Identity.partition(List.of(
                ana(patreon("1")).source(),
                patreon("2")
                        .says("email", "home@example.com")
                        .says("firstName", "A.")
                        .says("lastName", "Lee")
                        .source(),
                patreon("3")
                        .says("email", "home@example.com")
                        .says("firstName", "Anton")
                        .says("lastName", "Lee")
                        .source()));

        assertThat(partition.clusters())
                .extracting(Cluster::keys)
                .containsExactly(
                        List.of(member("patreon", "1"), member("patreon", "2")), List.of(member("patreon", "3")));
        assertThat(partition.duplicates()).hasSize(1);
    }

    @Test
    void aThirdRecordConnectsTwoThatShareNothing() {
        assertThat(people(
                        patreon("1").says("email", "a@example.com").source(),
                        patreon("2").says("email", "b@example.com").source(),
                        patreon("3")
                                .at(1)
                                .says("email", "a@example.com")
                                .source()
                                .absorb(
                                        patreon("3")
                                                .at(2)
                                                .says("email", "b@example.com")
                                                .record(),
                                        2)))
                .hasSize(1);
    }

    @Test
    void aCorrectedNameSplitsAndJoins() {
        SourceRecord one = ana(patreon("1")).at(1).source();
        SourceRecord two = ana(klaviyo("2")).at(1).source();
        SourceRecord corrected =
                two.absorb(klaviyo("2").at(2).says("firstName", "Bob").record(), 2);
        SourceRecord back =
                corrected.absorb(klaviyo("2").at(3).says("firstName", "Ana").record(), 3);

        assertThat(people(one, two)).hasSize(1);
        assertThat(people(one, corrected)).hasSize(2);
        assertThat(people(one, back)).hasSize(1);
    }

    @Test
    void otherEntitiesAreTheirExternalId() {
        RecordKey a = new RecordKey("default", "eventbrite", Entity.EVENT, "1");
        RecordKey b = new RecordKey("default", "patreon", Entity.EVENT, "1");

        assertThat(people(
                        Statements.about(a).says("email", "x@example.com").source(),
                        Statements.about(b).says("email", "x@example.com").source()))
                .hasSize(2);
    }

    @Test
    void organizationsAreNeverMixed() {
        SourceRecord other = Statements.about(new RecordKey("other", "patreon", Entity.MEMBER, "1"))
                .source();

        assertThatThrownBy(() -> people(patreon("1").source(), other)).hasMessageContaining("one organization");
        assertThatThrownBy(() -> people(other, other)).hasMessageContaining("twice");
    }

    @Test
    void anOfficesAddressJoinsAndReportsNobody() {
        List<SourceRecord> sources = new ArrayList<>();
        int count = 10_000;
        for (int i = 0; i < count; i++) {
            sources.add(patreon(String.valueOf(i))
                    .says("email", "office@example.com")
                    .says("firstName", i % 2 == 0 ? "Ana" : "Bob")
                    .source());
        }
        Partition partition = Identity.partition(sources);

        assertThat(partition.clusters()).hasSize(count);
        assertThat(partition.duplicates()).isEmpty();
        Collections.shuffle(sources, new Random(3));
        assertThat(Identity.partition(sources)).isEqualTo(partition);
    }

    @Test
    void anAddressThatIsKnownToBeCrowdedConnectsNobodyThoughFewAreHere() {
        List<SourceRecord> block =
                List.of(ana(patreon("1")).source(), ana(klaviyo("2")).source());

        assertThat(Identity.partition(block, Set.of("home@example.com")).clusters())
                .hasSize(2);
    }

    @Test
    void upToTheLimitNamesThatAgreeAreJoined() {
        List<SourceRecord> sources = new ArrayList<>();
        for (int i = 0; i < Identity.SOURCES_PER_EMAIL_MAX; i++) {
            sources.add(patreon(String.valueOf(i))
                    .says("email", "home@example.com")
                    .says("firstName", i % 2 == 0 ? "Ana" : "A.")
                    .source());
        }
        assertThat(Identity.partition(sources).clusters()).hasSize(1);
        sources.add(patreon("more")
                .says("email", "home@example.com")
                .says("firstName", "Ana")
                .source());
        assertThat(Identity.partition(sources).clusters()).hasSize(sources.size());
    }

    @Test
    void aLongChainOfAddressesIsOnePersonAndCheap() {
        List<SourceRecord> sources = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            sources.add(patreon(String.valueOf(i))
                    .at(1)
                    .says("email", i + "@example.com")
                    .source()
                    .absorb(
                            patreon(String.valueOf(i))
                                    .at(2)
                                    .says("email", (i + 1) + "@example.com")
                                    .record(),
                            2));
        }
        assertThat(Identity.partition(sources).clusters()).hasSize(1);
    }

    // ---- golden ids

    private static Assignment assigned(List<Cluster> clusters) {
        AtomicLong ids = new AtomicLong(100);
        return Identity.assign(clusters, ids::incrementAndGet);
    }

    private static Cluster cluster(SourceRecord... sources) {
        return new Cluster(List.of(sources));
    }

    private static SourceRecord source(String externalId, long goldenId) {
        return patreon(externalId).source().withGoldenId(goldenId);
    }

    @Test
    void aNewPersonGetsANewId() {
        Assignment assignment = assigned(List.of(cluster(source("1", 0))));

        assertThat(assignment.people()).containsExactly(new Assignment.Person(101, true, cluster(source("1", 0))));
        assertThat(assignment.repointings()).containsExactly(new Assignment.Repointing(member("patreon", "1"), 0, 101));
        assertThat(assignment.merged()).isEmpty();
    }

    @Test
    void nothingChangesWhereNothingChanged() {
        Assignment assignment = assigned(List.of(cluster(source("1", 5), source("2", 5)), cluster(source("3", 7))));

        assertThat(assignment.repointings()).isEmpty();
        assertThat(assignment.merged()).isEmpty();
        assertThat(assignment.people()).extracting(Assignment.Person::goldenId).containsExactly(5L, 7L);
    }

    @Test
    void ofTwoGoldenRecordsTheOlderStays() {
        Assignment assignment = assigned(List.of(cluster(source("1", 7), source("2", 5))));

        assertThat(assignment.repointings()).containsExactly(new Assignment.Repointing(member("patreon", "1"), 7, 5));
        assertThat(assignment.merged()).isEqualTo(Map.of(7L, 5L));
    }

    @Test
    void aSplitKeepsTheIdForTheSmallestKeyAndMakesANewOne() {
        Assignment assignment = assigned(List.of(cluster(source("2", 5)), cluster(source("1", 5))));

        assertThat(assignment.repointings()).containsExactly(new Assignment.Repointing(member("patreon", "2"), 5, 101));
        assertThat(assignment.merged()).isEmpty();
    }

    @Test
    void anIdThatAnotherTookGivesWayToTheNextFreeOne() {
        Assignment assignment =
                assigned(List.of(cluster(source("1", 5), source("2", 7)), cluster(source("3", 5), source("4", 7))));

        assertThat(assignment.people()).extracting(Assignment.Person::goldenId).containsExactly(5L, 7L);
        assertThat(assignment.repointings())
                .containsExactly(
                        new Assignment.Repointing(member("patreon", "2"), 7, 5),
                        new Assignment.Repointing(member("patreon", "3"), 5, 7));
        assertThat(assignment.merged()).isEmpty();
    }
}
