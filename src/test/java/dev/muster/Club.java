package dev.muster;

import dev.muster.journey.PatreonDelivery;
import java.nio.file.Path;
import java.util.Map;

/** A platform of configuration alone, read page by page and told of members; of those, Patreon's webhooks speak. */
final class Club {
    /** Whoever sends it a person twice has made two of them: only asking tells. */
    private static final String FILE = """
            platform: club
            title: Club
            api: { baseUrl: "http://127.0.0.1:1" }
            webhook: { signature: { scheme: hmac, digest: sha256, header: X-Signature } }
            quota: { windows: [ { calls: 100000, per: PT1S } ] }
            streams:
              people:
                path: /people
                paging: { kind: cursor, parameter: after, next: next }
                items: data
                record: person
                incremental: { cursor: updated_at, parameter: since, overlap: PT1S, ordered: true }
                schedule: { every: P1D }
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: updated_at
                  fields:
                    - { source: email, target: email, type: email }
            push:
              - name: club-people
                entity: member
                fields: [email, firstName, lastName]
                key: email
                batch: 4
                policy: { create: true, update: true, delete: ignore }
                upsert:
                  path: /people
                  record: "{email, firstName, lastName}"
                  body: "{members: .records}"
                  results: ".answer.members | to_entries | map({index: .key, status: .value.status, externalId: .value.id})"
                readBack:
                  path: /people/read
                  record: .email
                  body: "{emails: .records}"
                  results: ".answer.found | map({key: .email, status: \\"there\\", externalId: .id, record: .})"
            """;

    static final String QUOTA = "quota: { windows: [ { calls: 100000, per: PT1S } ] }";

    private Club() {}

    /** A hub that has an account there, and does not look for what is to be pulled. */
    static FlowHub.Setting in(Path folder, StubPlatform club) {
        return FlowHub.in(folder)
                .add("config/platforms/club.yaml", FILE)
                .add("routes/platforms/club.camel.yaml", StubPlatform.flow("club"))
                .with(Map.of(
                        "CLUB_API_KEY",
                        "key",
                        "CLUB_BASE_URL",
                        club.origin(),
                        "CLUB_PUSH",
                        "club-people",
                        "PATREON_WEBHOOK_SECRET",
                        PatreonDelivery.SECRET));
    }

    /** Somebody became a member elsewhere: the club is to be told. */
    static void join(FlowHub hub, String id) throws Exception {
        String body = "{\"data\":{\"type\":\"member\",\"id\":\"" + id + "\",\"attributes\":{\"email\":\"" + id
                + "@example.org\",\"full_name\":\"Ana Lee\",\"last_charge_date\":\"2026-01-04T18:05:25.000+00:00\"},"
                + "\"relationships\":{\"user\":{\"data\":{\"type\":\"user\",\"id\":\"u" + id
                + "\"}}}},\"included\":[]}";
        int status = hub.patreon(PatreonDelivery.SECRET, "members:create", body);
        if (status != 200) {
            throw new IllegalStateException("The webhook was answered " + status);
        }
    }
}
