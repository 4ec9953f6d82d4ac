package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Access;
import dev.muster.access.Permission;
import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.golden.Roll;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API for operators: what came in, what became of it and why, and the repairs. Whatever is asked, it answers: with
 * JSON, or with RFC 9457 problem details.
 */
public final class AdminApi {
    private static final Logger LOG = LoggerFactory.getLogger(AdminApi.class);

    private final Access access;
    private final Rows rows;
    private final Roll roll;
    private final OperationStore operations;
    private final DeadLetterStore deadLetters;
    private final QueueSignal signal;
    private final Supplier<List<String>> configProblems;
    private final Map<String, AdminResource> resources;

    /**
     * @param configProblems what is wrong in the files under {@code config/} now, for a person
     * @param resources what other chapters have below names of their own
     */
    public AdminApi(
            Access access,
            Database database,
            Roll roll,
            OperationStore operations,
            DeadLetterStore deadLetters,
            QueueSignal signal,
            Supplier<List<String>> configProblems,
            List<AdminResource> resources) {
        this.access = access;
        this.rows = new Rows(database);
        this.roll = roll;
        this.operations = operations;
        this.deadLetters = deadLetters;
        this.signal = signal;
        this.configProblems = configProblems;
        this.resources = resources.stream().collect(Collectors.toMap(AdminResource::name, resource -> resource));
    }

    /** Answers a request; never throws. */
    public HttpAnswer answer(AdminRequest request) {
        try {
            AdminResource resource = request.path().isEmpty()
                    ? null
                    : resources.get(request.path().get(0));
            boolean open = resource != null && resource.isOpen(request);
            AdminRequest known = open ? request : request.by(access.of(request.credentials()));
            if (resource == null || !open && !resource.guardsItself()) {
                // all or nothing, until each operation says what it needs and shows the caller's organization only
                known.caller().require(Permission.ADMINISTER);
                if (known.caller().organization() != null) {
                    throw new Refusal(
                            FailureCode.FORBIDDEN, 403, "A key of one organization cannot be used for this yet");
                }
            }
            return resource == null
                    ? route(known)
                    : resource.answer(
                            known, request.path().subList(1, request.path().size()));
        } catch (RuntimeException e) {
            return Problem.of(e);
        }
    }

    private HttpAnswer route(AdminRequest request) {
        List<String> path = request.path();
        String first = path.isEmpty() ? "" : path.get(0);
        List<String> rest = path.isEmpty() ? List.of() : path.subList(1, path.size());
        return switch (first) {
            case "status" -> status(request, rest);
            case "operations" -> operations(request, rest);
            case "members" -> records(request, Entity.MEMBER, rest);
            case "records" -> records(request, rest);
            case "duplicates" -> duplicates(request, rest);
            case "dead-letters" -> deadLetters(request, rest);
            case "deliveries" -> deliveries(request, rest);
            default -> throw request.unknown();
        };
    }

    // --- the hub ------------------------------------------------------------------------------------------------

    private HttpAnswer status(AdminRequest request, List<String> rest) {
        request.allow(rest.isEmpty(), "GET");
        request.only();
        ObjectNode node = Rows.JSON.createObjectNode();
        List<String> problems = configProblems.get();
        node.put("status", problems.isEmpty() ? "up" : "degraded");
        ArrayNode config = node.putArray("configProblems");
        problems.forEach(config::add);
        ObjectNode queue = node.putObject("queue");
        operations.backlog().forEach((platform, backlog) -> {
            ObjectNode waiting = queue.putObject(platform);
            waiting.put("waiting", backlog.depth());
            Rows.time(waiting, "oldestAt", backlog.oldestAt());
        });
        ObjectNode counts = node.putObject("counts");
        rows.counts().forEach(counts::put);
        return HttpAnswer.ok(node);
    }

    // --- operations ---------------------------------------------------------------------------------------------

    private HttpAnswer operations(AdminRequest request, List<String> rest) {
        request.allow(rest.size() <= 1, "GET");
        if (rest.size() == 1) {
            request.only();
            long id = Page.id(rest.get(0), "The operation's id");
            return HttpAnswer.ok(rows.operations.find(id).orElseThrow(() -> notFound("operation", rest.get(0))));
        }
        request.only("status", "platform", "organization", "cursor", "limit");
        Map<String, Object> filters = request.filters("platform", "organization");
        OperationStatus status = status(request.query().get("status"));
        String indexed = null;
        if (status == OperationStatus.SUCCESS) {
            // Most are: no index, and none needed.
            filters.put("status", status.ordinal());
        } else if (status != null) {
            indexed = (status.ordinal() > OperationStatus.SUCCESS.ordinal() ? "o.status > 2 AND " : "") + "o.status = "
                    + status.ordinal();
        }
        return list(rows.operations.list(Page.of(request.query()), indexed, filters));
    }

    private static @Nullable OperationStatus status(@Nullable String text) {
        if (text == null) {
            return null;
        }
        return OperationStatus.of(text).orElseThrow(() -> {
            List<String> names = new ArrayList<>();
            Arrays.stream(OperationStatus.values()).forEach(status -> names.add(status.id()));
            return Page.bad("The parameter 'status' is '" + Problem.clip(text) + "': write one of " + names);
        });
    }

    // --- golden records -----------------------------------------------------------------------------------------

    private HttpAnswer records(AdminRequest request, List<String> rest) {
        if (rest.isEmpty()) {
            throw request.unknown();
        }
        Entity entity = Entity.of(rest.get(0)).or(() -> byTable(rest.get(0))).orElseThrow(() -> {
            List<String> names = new ArrayList<>();
            Arrays.stream(Entity.values()).forEach(each -> names.add(each.id()));
            return new Refusal(
                    FailureCode.NOT_FOUND,
                    404,
                    "There is no entity '" + Problem.clip(rest.get(0)) + "'; there are " + names);
        });
        return records(request, entity, rest.subList(1, rest.size()));
    }

    private static Optional<Entity> byTable(String name) {
        return Arrays.stream(Entity.values())
                .filter(entity -> entity.table().equals(name))
                .findFirst();
    }

    private HttpAnswer records(AdminRequest request, Entity entity, List<String> rest) {
        boolean explain = rest.size() == 2 && rest.get(1).equals("explain");
        request.allow(rest.size() <= 1 || explain, "GET");
        if (rest.isEmpty()) {
            return list(request, entity);
        }
        if (explain) {
            request.only("field");
        } else {
            request.only();
        }
        long id = Page.id(rest.get(0), "The id of the " + entity.id());
        Roll.Entry entry = roll.find(entity, id).orElseThrow(() -> notFound(entity.id(), rest.get(0)));
        if (!explain) {
            return HttpAnswer.ok(RecordJson.record(entry));
        }
        String field = request.query().get("field");
        return HttpAnswer.ok(RecordJson.explanation(
                entry,
                roll.explain(entry).stream()
                        .filter(one -> field == null || one.field().equals(field))
                        .toList()));
    }

    private HttpAnswer list(AdminRequest request, Entity entity) {
        boolean hasMember = entity == Entity.REGISTRATION
                || entity == Entity.MEMBERSHIP
                || entity == Entity.TRANSACTION
                || entity == Entity.RECURRING_PLAN;
        request.only(
                "organization",
                "cursor",
                "limit",
                entity == Entity.MEMBER ? "email" : "limit",
                hasMember ? "member" : "limit");
        Page page = Page.of(request.query());
        String organization = request.query().get("organization");
        String email = request.query().get("email");
        if (email != null) {
            List<Roll.Entry> found = roll.membersByEmail(email.strip().toLowerCase(Locale.ROOT), organization).stream()
                    .filter(entry -> entry.record().id() < page.before())
                    .toList();
            List<Roll.Entry> part = found.subList(0, Math.min(found.size(), page.limit()));
            return list(new Roll.Part(
                    part,
                    part.size() < found.size()
                            ? Long.valueOf(part.get(part.size() - 1).record().id())
                            : null));
        }
        String member = request.query().get("member");
        if (member != null) {
            long id = Page.id(member, "The parameter 'member'");
            Roll.Entry person = roll.find(Entity.MEMBER, id).orElseThrow(() -> notFound("member", member));
            return list(roll.ofMember(entity, person, page.before(), page.limit()));
        }
        return list(roll.list(entity, organization, page.before(), page.limit()));
    }

    private static HttpAnswer list(Roll.Part part) {
        return list(
                new Page.Part<>(part.entries().stream().map(RecordJson::record).toList(), part.before()));
    }

    // --- what waits for a person --------------------------------------------------------------------------------

    private HttpAnswer duplicates(AdminRequest request, List<String> rest) {
        request.allow(rest.size() <= 1, "GET");
        if (rest.size() == 1) {
            request.only();
            long id = Page.id(rest.get(0), "The duplicate's id");
            return HttpAnswer.ok(rows.duplicates.find(id).orElseThrow(() -> notFound("duplicate", rest.get(0))));
        }
        request.only("organization", "status", "cursor", "limit");
        return list(Cases.of(request, "settled")
                .list(rows.duplicates, "p.", Page.of(request.query()), request.filters("organization")));
    }

    private HttpAnswer deadLetters(AdminRequest request, List<String> rest) {
        boolean replay = rest.size() == 2 && rest.get(1).equals("replay");
        request.allow(rest.size() <= 1 || replay, replay ? "POST" : "GET");
        if (rest.isEmpty()) {
            request.only("platform", "organization", "code", "digest", "cursor", "limit");
            return list(rows.deadLetters.list(
                    Page.of(request.query()),
                    "o.status > 2 AND o.status = " + OperationStatus.DEAD.ordinal(),
                    request.filters("platform", "organization", "code", "digest")));
        }
        request.only();
        long id = Page.id(rest.get(0), "The dead letter's id");
        if (!replay) {
            return HttpAnswer.ok(rows.deadLetters.find(id).orElseThrow(() -> notFound("dead letter", rest.get(0))));
        }
        ObjectNode letter = rows.operations.find(id).orElseThrow(() -> notFound("dead letter", rest.get(0)));
        if (!deadLetters.replay(id)) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The operation " + rest.get(0) + " is "
                            + letter.path("status").asText() + ", not dead: there is nothing to replay");
        }
        LOG.info("The dead letter {} was put back into the queue for {}", rest.get(0), request.peer());
        signal.arrived(letter.path("platform").asText());
        return queued(rest.get(0));
    }

    // --- deliveries ---------------------------------------------------------------------------------------------

    private HttpAnswer deliveries(AdminRequest request, List<String> rest) {
        boolean replay = rest.size() == 2 && rest.get(1).equals("replay");
        request.allow(rest.size() == 1 || replay, replay ? "POST" : "GET");
        request.only();
        long id = Page.id(rest.get(0), "The delivery's id");
        ObjectNode delivery = rows.delivery(id).orElseThrow(() -> notFound("delivery", rest.get(0)));
        if (!replay) {
            return HttpAnswer.ok(delivery);
        }
        long operation = operations.requeue(id).orElseThrow(() -> notFound("delivery", rest.get(0)));
        LOG.info("The delivery {} was queued once more for {}", rest.get(0), request.peer());
        signal.arrived(delivery.path("platform").asText());
        return queued(Ids.format(operation));
    }

    // --- answers ------------------------------------------------------------------------------------------------

    private static HttpAnswer queued(String operationId) {
        return HttpAnswer.json(
                202,
                Rows.JSON
                        .createObjectNode()
                        .put("operationId", operationId)
                        .put("status", OperationStatus.PENDING.id())
                        .toString());
    }

    private static HttpAnswer list(Page.Part<ObjectNode> part) {
        return HttpAnswer.ok(Page.answer(part));
    }

    // --- refusals -----------------------------------------------------------------------------------------------

    private static Refusal notFound(String what, String id) {
        return new Refusal(FailureCode.NOT_FOUND, 404, "There is no " + what + " " + id.toUpperCase(Locale.ROOT));
    }
}
