package dev.muster.pull;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What people may do with streams, on both stores. */
abstract class StreamControlContract extends ClubContract {
    @Test
    void aStreamWhoseSettingIsMissingIsNotReadUntilItIsThere() {
        String streams = "settings: { groupId: { title: \"Group id, from the address of the group\" } }\n"
                + NUMBERED.replace("path: /people", "path: \"/groups/{groupId}/people\"");
        add(1);
        Pulls hub = hub(streams);
        StreamControl.Which all = new StreamControl.Which(null, "club", null, null);

        hub.sow();

        assertThat(hub.claim()).isEmpty();
        assertThat(count("cursors") + count("sync_runs")).isZero();
        assertThat(control.streams(all))
                .extracting(StreamControl.StreamStatus::state)
                .containsExactly("needs groupId (CLUB_GROUP_ID)");
        assertThat(control.start(all, RunKind.FULL, null, (connection, started) -> {}))
                .isEmpty();

        environment.put("CLUB_GROUP_ID", "7");
        Pulls again = hub(streams);
        read(again);
        assertThat(runs()).containsExactly("full done");
        assertThat(control.streams(all))
                .extracting(StreamControl.StreamStatus::state)
                .containsExactly("idle");

        environment.remove("CLUB_GROUP_ID");
        clock.advance(Duration.ofMinutes(2));
        Pulls without = hub(streams);
        assertThat(without.claim()).isEmpty();
        without.sow();
        assertThat(without.claim()).isEmpty();
        assertThat(runs()).containsExactly("full done");
    }

    @Test
    void aStreamThatTheCredentialNeedsASettingForIsNotReadEither() {
        Pulls hub = hub("auth: { scheme: apiKey, headers: { X-Group: \"{groupId} {apiKey}\" } }\n" + NUMBERED);

        hub.sow();

        assertThat(hub.claim()).isEmpty();
        assertThat(control.streams(new StreamControl.Which(null, "club", null, null)))
                .extracting(StreamControl.StreamStatus::state)
                .containsExactly("needs groupId (CLUB_GROUP_ID)");
    }

    @Test
    void peopleStartStopAndReadOne() {
        add(9);
        Pulls hub = hub(NUMBERED);
        read(hub);
        StreamControl.Which all = new StreamControl.Which(null, "club", null, null);

        assertThat(control.start(
                        all, RunKind.BACKFILL, Instant.parse("2020-01-01T00:00:00Z"), (connection, started) -> {}))
                .hasSize(1);
        assertThat(control.start(all, RunKind.FULL, null, (connection, started) -> {})
                        .get(0)
                        .isNew())
                .isFalse();
        PullTurn turn = hub.claim().get(0);
        assertThat(query(hub.nextRequest(turn))).containsEntry("since", "2020-01-01T00:00:00Z");
        assertThat(control.stop(all)).isEqualTo(1);
        hub.take(turn, page(hub.nextRequest(turn)));
        assertThat(turn.isUnderWay()).isFalse();
        assertThat(runs()).containsExactly("full done", "backfill stopped");

        assertThat(control.readOne(null, "club", "default", "people", "p 1")).isPresent();
        PullTurn one = hub.claim().get(0);
        assertThat(hub.nextRequest(one).path()).isEqualTo("/people/p%201");
        hub.take(one, answer(200, "{\"id\":\"p 1\"}"));
        assertThat(column("SELECT kind FROM sync_operations WHERE type = 1")).containsExactly("pull-one:people");
        assertThat(control.readOne(null, "club", "default", "nothing", "1")).isEmpty();
    }

    @Test
    void pagesThatWillNotBeAppliedAreCounted() {
        add(20);
        Pulls hub = hub(NUMBERED.replace("ordered: true", "ordered: false"));
        read(hub);
        long run = Long.parseLong(column("SELECT id FROM sync_runs").get(0));
        assertThat(control.lost(run)).isEqualTo(new RunStore.Lost(0, 0, 0));

        execute(
                "UPDATE sync_operations SET status = 6 WHERE id IN (SELECT id FROM sync_operations ORDER BY id LIMIT 2)");
        execute("UPDATE sync_operations SET status = 3 WHERE id = (SELECT MAX(id) FROM sync_operations)");

        assertThat(control.lost(run)).isEqualTo(new RunStore.Lost(2, 1, 0));
        execute("UPDATE sync_operations SET status = 7 WHERE status = 6");
        assertThat(control.lost(run)).isEqualTo(new RunStore.Lost(0, 1, 2));
        clock.advance(Duration.ofMinutes(2));
        read(hub);
        long next = Long.parseLong(column("SELECT MAX(id) FROM sync_runs").get(0));
        assertThat(control.lost(next)).isEqualTo(new RunStore.Lost(0, 0, 0));
    }

    @Test
    void aRecordWhoseHubDiedIsNotReadForever() {
        Pulls hub = hub(NUMBERED);
        assertThat(control.readOne(null, "club", "default", "people", "1")).isPresent();
        hub = hub(NUMBERED);
        clock.advance(Duration.ofMinutes(61));

        hub.sweep();

        assertThat(runs()).containsExactly("one failed");
        assertThat(column("SELECT error FROM sync_runs").get(0)).contains("ask for it once more");
    }
}
