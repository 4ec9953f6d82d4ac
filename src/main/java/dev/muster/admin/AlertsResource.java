package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.alert.Alert;
import dev.muster.alert.Alert.State;
import dev.muster.alert.AlertSettings;
import dev.muster.alert.AlertStore;
import dev.muster.alert.Channel;
import dev.muster.alert.Channels;
import dev.muster.alert.Notice;
import dev.muster.alert.Rule;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/alerts}: those open and past, {@code /{id}} with what was told of it, {@code POST /{id}/acknowledge};
 * {@code /rules}, {@code /channels}, {@code POST /channels/{name}/test}.
 */
public final class AlertsResource implements AdminResource {
    private final AlertStore store;
    private final Supplier<AlertSettings> settings;
    private final Channels channels;
    private final AuditTrail trail;
    private final Clock clock;

    public AlertsResource(
            AlertStore store, Supplier<AlertSettings> settings, Channels channels, AuditTrail trail, Clock clock) {
        this.trail = trail;
        this.store = store;
        this.settings = settings;
        this.channels = channels;
        this.clock = clock;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listAlerts",
                this::list,
                "readAlert",
                call -> HttpAnswer.ok(one(found(call))),
                "acknowledgeAlert",
                this::acknowledge,
                "listAlertRules",
                call -> HttpAnswer.ok(rules()),
                "listAlertChannels",
                call -> HttpAnswer.ok(channels()),
                "testAlertChannel",
                this::test);
    }

    private HttpAnswer acknowledge(ApiCall call) {
        Alert alert = found(call);
        ObjectNode answer = acknowledge(alert, call.actor());
        trail.record(call.act(alert.organization(), "alert.acknowledge", "alert", Ids.format(alert.id()))
                .changing(Map.of("rule", alert.rule())));
        return HttpAnswer.ok(answer);
    }

    private HttpAnswer list(ApiCall call) {
        Page page = call.page();
        List<Alert> found =
                store.list(call.text("organization"), state(call.text("state")), page.before(), page.limit());
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        found.forEach(alert -> items.add(json(alert)));
        Page.next(
                answer,
                found.size() < page.limit() ? null : found.get(found.size() - 1).id());
        return HttpAnswer.ok(answer);
    }

    private static @Nullable State state(@Nullable String text) {
        return Arrays.stream(State.values())
                .filter(state -> state.id().equals(text))
                .findFirst()
                .orElse(null);
    }

    private Alert found(ApiCall call) {
        return store.find(call.id())
                .filter(alert -> call.caller().sees(alert.organization()))
                .orElseThrow(() -> Page.notFound("alert", call.segment("id")));
    }

    /** An alert with what was told of it. */
    private ObjectNode one(Alert alert) {
        ObjectNode answer = json(alert);
        ArrayNode notices = answer.putArray("notices");
        store.notices(alert.id()).forEach(notice -> notices.add(json(notice)));
        return answer;
    }

    /**
     * Somebody looks after it.
     *
     * @param by who
     * @throws Refusal (409) where it is over
     */
    ObjectNode acknowledge(Alert alert, String by) {
        if (!store.acknowledge(alert.id(), by, clock.instant()) && alert.acknowledgedAt() == null) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The alert " + Ids.format(alert.id()) + " is "
                            + alert.state().id() + ": only one that is firing can be acknowledged");
        }
        return one(store.find(alert.id()).orElse(alert));
    }

    private ObjectNode rules() {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        settings.get().rules().forEach(rule -> items.add(json(rule)));
        return answer.putNull("next");
    }

    private ObjectNode channels() {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        for (Channel channel : channels.all()) {
            ObjectNode item = items.addObject()
                    .put("name", channel.name())
                    .put("kind", channel.kind().id());
            ArrayNode severities = item.putArray("severities");
            new TreeSet<>(channel.severities()).forEach(one -> severities.add(one.id()));
            ArrayNode organizations = item.putArray("organizations");
            new TreeSet<>(channel.organizations()).forEach(organizations::add);
        }
        return answer.putNull("next");
    }

    private HttpAnswer test(ApiCall call) {
        String name = call.segment("channel");
        String error = channels.test(name).orElse(null);
        trail.record(call.act(AuditEntry.HUB, "alert.test", "channel", name).changing(Map.of("sent", error == null)));
        return HttpAnswer.ok(
                Rows.JSON.createObjectNode().put("sent", error == null).put("error", error));
    }

    private static ObjectNode json(Alert alert) {
        return Rows.JSON
                .createObjectNode()
                .put("id", Ids.format(alert.id()))
                .put("rule", alert.rule())
                .put("severity", alert.severity().id())
                .put("organization", orNull(alert.organization()))
                .put("platform", orNull(alert.platform()))
                .put("state", alert.state().id())
                .put("value", alert.value())
                .put("since", text(alert.since()))
                .put("firedAt", text(alert.firedAt()))
                .put("lastToldAt", text(alert.toldAt()))
                .put("resolvedAt", text(alert.resolvedAt()))
                .put("acknowledgedBy", alert.acknowledgedBy())
                .put("acknowledgedAt", text(alert.acknowledgedAt()));
    }

    private static ObjectNode json(Notice notice) {
        return Rows.JSON
                .createObjectNode()
                .put("id", Ids.format(notice.id()))
                .put("channel", notice.channel())
                .put("kind", notice.kind())
                .put("title", notice.title())
                .put("text", notice.text())
                .put("createdAt", text(notice.createdAt()))
                .put("attempts", notice.attempts())
                .put("nextAt", text(notice.nextAt()))
                .put("sentAt", text(notice.sentAt()))
                .put("givenUpAt", text(notice.givenUpAt()))
                .put("error", notice.error());
    }

    private static ObjectNode json(Rule rule) {
        ObjectNode node = Rows.JSON
                .createObjectNode()
                .put("name", rule.name())
                .put("what", rule.measure().id())
                .put(rule.below() ? "below" : "above", rule.threshold())
                .put("clearAt", rule.clearAt())
                .put("within", rule.window().toString())
                .put("for", rule.lasting().toString())
                .put("severity", rule.severity().name().toLowerCase(Locale.ROOT))
                .put("remind", rule.remindEvery().toString())
                .put("resolveAfter", rule.resolveAfter().toString());
        ArrayNode organizations = node.putArray("organizations");
        new TreeSet<>(rule.organizations()).forEach(organizations::add);
        ArrayNode platforms = node.putArray("platforms");
        new TreeSet<>(rule.platforms()).forEach(platforms::add);
        return node;
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static @Nullable String text(@Nullable Instant at) {
        return at == null ? null : at.toString();
    }
}
