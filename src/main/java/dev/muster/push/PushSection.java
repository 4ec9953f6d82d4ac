package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.Entity;
import dev.muster.normalize.JqSource;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.KnownKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the {@code push} section of a platform's file, and tells of every problem in it. */
final class PushSection {
    private static final Set<String> KEYS = Set.of(
            "name",
            "entity",
            "fields",
            "filter",
            "key",
            "unique",
            "after",
            "consent",
            "segments",
            "values",
            "batch",
            "policy",
            "conflictResolution",
            "upsert",
            "move",
            "withdraw",
            "remove",
            "readBack");
    private static final Set<String> POLICY_KEYS = Set.of("create", "update", "delete");
    private static final Set<String> ACTION_KEYS =
            Set.of("method", "path", "headers", "record", "body", "results", "each", "idempotent", "done", "later");
    private static final Map<String, String> CONSENTS = Map.of("email", "consentEmail", "sms", "consentSms");
    private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE");
    private static final int BATCH_MAX = 10_000;
    private static final String EMAIL = PushTarget.EMAIL;
    private static final String PREFIX = "jq:";

    private final String file;
    private final String platform;
    private final List<ConfigProblem> problems = new ArrayList<>();

    private PushSection(String file, String platform) {
        this.file = file;
        this.platform = platform;
    }

    /** @throws ConfigException with every problem */
    static PushTargets.Section compile(JsonNode root, String file) {
        PushSection section = new PushSection(file, root.path("platform").asText());
        JsonNode push = root.path("push");
        List<PushTarget> targets = new ArrayList<>();
        if (!push.isMissingNode() && !push.isArray()) {
            section.problem("push", "has to be a list of targets, each beginning with '- name: '");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < push.size() && push.isArray(); i++) {
            int before = section.problems.size();
            PushTarget target = section.target(push.get(i), "push[" + i + "]");
            if (target != null && !names.add(target.name())) {
                section.problem(
                        "push[" + i + "].name",
                        "is '" + target.name() + "' like another target's; give each a name of its own");
            }
            if (target != null && section.problems.size() == before) {
                targets.add(target);
            }
        }
        if (!section.problems.isEmpty()) {
            throw new ConfigException(section.problems);
        }
        return new PushTargets.Section(targets);
    }

    private void problem(String where, String what) {
        problems.add(new ConfigProblem(file, 0, where + " " + what));
    }

    private @Nullable PushTarget target(JsonNode node, String where) {
        KnownKeys.check(node, where + ".", KEYS, file, problems);
        String name = text(node, where, "name");
        String entityId = text(node, where, "entity");
        Entity entity = Entity.of(entityId).orElse(null);
        if (entity == null && !entityId.isEmpty()) {
            problem(where + ".entity", "is '" + entityId + "': write one such as member");
        }
        Set<String> fields = new LinkedHashSet<>(list(node, where, "fields"));
        if (fields.isEmpty()) {
            problem(where + ".fields", "is missing: name the fields whose changes the target is told of");
        }
        PushAction upsert = action(node, where, "upsert");
        PushAction readBack = action(node, where, "readBack");
        if (upsert == null) {
            problem(where + ".upsert", "is missing: describe the call that creates and updates");
        } else if (!upsert.idempotent() && readBack == null) {
            problem(
                    where + ".upsert",
                    "may have arrived when no answer comes: write idempotent: true where the same call twice does no more"
                            + " than once, or describe readBack");
        }
        if (readBack != null && readBack.results() == null) {
            problem(where + ".readBack", "needs results: whether each record is there, and how");
        }
        PushAction withdraw = action(node, where, "withdraw");
        String channel = node.path("consent").asText("");
        String consent = CONSENTS.get(channel);
        if (!channel.isEmpty() && consent == null) {
            problem(where + ".consent", "is '" + channel + "': write email or sms");
        }
        if (consent != null && withdraw == null) {
            problem(where + ".withdraw", "is missing: a target with consent has to be told of a withdrawal");
        }
        JsonNode policy = node.path("policy");
        KnownKeys.check(policy, where + ".policy.", POLICY_KEYS, file, problems);
        String delete = policy.path("delete").asText("ignore");
        if (!delete.equals("archive") && !delete.equals("ignore")) {
            problem(where + ".policy.delete", "is '" + delete + "': write archive or ignore");
        }
        PushAction remove = action(node, where, "remove");
        if (delete.equals("archive") && remove == null) {
            problem(where + ".remove", "is missing: policy.delete: archive needs the call that does it");
        }
        String resolution = node.path("conflictResolution").asText(ConflictResolution.SOURCE_WINS.id());
        ConflictResolution conflicts = ConflictResolution.of(resolution).orElse(null);
        if (conflicts == null) {
            problem(
                    where + ".conflictResolution",
                    "is '" + resolution + "': write source_wins, target_wins, merge or manual");
        }
        String key = node.path("key").asText(EMAIL);
        String unique = node.path("unique").asText("");
        if (!unique.isEmpty() && !unique.equals(EMAIL)) {
            problem(where + ".unique", "is '" + unique + "': write email, or leave it out");
        }
        JqSource filter = jq(node, where, "filter");
        PushAction move = action(node, where, "move");
        int batch = batch(node, where);
        if (batch > 1) {
            together(where + ".upsert", upsert, batch);
            together(where + ".move", move, batch);
            together(where + ".withdraw", withdraw, batch);
            together(where + ".remove", remove, batch);
        }
        if (entity == null || upsert == null || conflicts == null) {
            return null;
        }
        return new PushTarget(
                name,
                platform,
                entity,
                fields,
                filter,
                key,
                key.equals(EMAIL) || unique.equals(EMAIL),
                node.path("after").asText(""),
                consent,
                list(node, where, "segments"),
                list(node, where, "values"),
                batch,
                flag(policy, where + ".policy", "create", true),
                flag(policy, where + ".policy", "update", true),
                delete.equals("archive"),
                conflicts,
                upsert,
                move,
                withdraw,
                remove,
                readBack,
                fingerprint(node.path("upsert").path("record").asText()));
    }

    private int batch(JsonNode node, String where) {
        JsonNode batch = node.path("batch");
        if (batch.isMissingNode()) {
            return 1;
        }
        if (batch.isInt() && batch.intValue() >= 1 && batch.intValue() <= BATCH_MAX) {
            return batch.intValue();
        }
        problem(where + ".batch", "is " + batch + ": write a whole number from 1 to " + BATCH_MAX);
        return 1;
    }

    /** The answer to a call about many is a 2xx where some of them were refused, too. */
    private void together(String where, @Nullable PushAction action, int batch) {
        if (action != null && !action.each() && action.results() == null) {
            problem(
                    where,
                    "is one call for up to " + batch
                            + " records and has no results: a 2xx would be taken for all of them,"
                            + " those that were refused included. Write results, which names what became of each;"
                            + " results: \"[]\" where the platform takes all or none; or each: true");
        }
    }

    private @Nullable PushAction action(JsonNode target, String parent, String key) {
        JsonNode node = target.path(key);
        if (node.isMissingNode()) {
            return null;
        }
        String where = parent + "." + key;
        KnownKeys.check(node, where + ".", ACTION_KEYS, file, problems);
        String method = node.path("method").asText("POST").toUpperCase(Locale.ROOT);
        if (!METHODS.contains(method)) {
            problem(where + ".method", "is '" + method + "': write GET, POST, PUT, PATCH or DELETE");
        }
        String path = text(node, where, "path");
        if (!path.isEmpty() && !path.startsWith("/")) {
            problem(where + ".path", "is '" + path + "': begin with a slash, below the platform's base URL");
        }
        Map<String, String> headers = new LinkedHashMap<>();
        node.path("headers")
                .fields()
                .forEachRemaining(
                        header -> headers.put(header.getKey(), header.getValue().asText()));
        Set<Integer> done = new LinkedHashSet<>();
        for (JsonNode status : node.path("done")) {
            if (status.isInt() && status.intValue() >= 300 && status.intValue() < 500) {
                done.add(status.intValue());
            } else {
                problem(where + ".done", "holds " + status + ": write statuses from 300 to 499, such as [404]");
            }
        }
        Map<Integer, Duration> later = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : node.path("later").properties()) {
            try {
                Duration pause = Duration.parse(entry.getValue().asText());
                if (entry.getKey().matches("4\\d\\d") && pause.toMillis() > 0) {
                    later.put(Integer.valueOf(entry.getKey()), pause);
                    continue;
                }
            } catch (DateTimeException e) {
                // said below
            }
            problem(
                    where + ".later",
                    "holds " + entry + ": write a status from 400 to 499 and a duration, such as 404: PT6H");
        }
        return new PushAction(
                method,
                path,
                headers,
                jq(node, where, "record"),
                jq(node, where, "body"),
                jq(node, where, "results"),
                flag(node, where, "each", false),
                flag(node, where, "idempotent", false),
                done,
                later);
    }

    private boolean flag(JsonNode node, String where, String key, boolean otherwise) {
        JsonNode flag = node.path(key);
        if (!flag.isMissingNode() && !flag.isBoolean()) {
            problem(where + "." + key, "is " + flag + ": write true or false");
        }
        return flag.asBoolean(otherwise);
    }

    private String text(JsonNode node, String where, String key) {
        String text = node.path(key).asText("").strip();
        if (text.isEmpty()) {
            problem(where + "." + key, "is missing");
        }
        return text;
    }

    private List<String> list(JsonNode node, String where, String key) {
        JsonNode list = node.path(key);
        if (!list.isMissingNode() && !list.isArray()) {
            problem(where + "." + key, "has to be a list, such as [email, firstName]");
        }
        List<String> texts = new ArrayList<>();
        list.forEach(element -> texts.add(element.asText()));
        return texts;
    }

    private @Nullable JqSource jq(JsonNode node, String where, String key) {
        String text = node.path(key).asText("").strip();
        if (text.isEmpty()) {
            return null;
        }
        try {
            return JqSource.of(text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text);
        } catch (IllegalArgumentException notJq) {
            problem(where + "." + key, String.valueOf(notJq.getMessage()));
            return null;
        }
    }

    private static String fingerprint(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }
}
