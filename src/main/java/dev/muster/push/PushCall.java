package dev.muster.push;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.CallPriority;
import dev.muster.call.LastLook;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.normalize.InvalidValue;
import dev.muster.normalize.JqSource;
import dev.muster.platform.Integration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One call of a batch: what is done, and for whom.
 *
 * @param action as the target describes it
 * @param isQuestion whether it only asks what the target has
 */
record PushCall(PushAction action, List<PushVerdict> verdicts, boolean isQuestion) {
    private static final ObjectMapper JSON = new ObjectMapper();

    PushCall {
        verdicts = List.copyOf(verdicts);
    }

    /** Both halves, where a refusal says nothing of which record was meant. */
    List<PushCall> halves() {
        int half = verdicts.size() / 2;
        List<PushCall> halves = new ArrayList<>(2);
        halves.add(new PushCall(action, verdicts.subList(0, half), isQuestion));
        halves.add(new PushCall(action, verdicts.subList(half, verdicts.size()), isQuestion));
        return halves;
    }

    /**
     * The request of it.
     *
     * @param lastLook asked when its turn has come
     * @throws Defect if none can be made of these records
     */
    PlatformRequest request(PushTarget target, Integration account, LastLook lastLook) {
        try {
            ArrayNode records = JSON.createArrayNode();
            for (PushVerdict verdict : verdicts) {
                records.add(item(verdict));
            }
            String path = action.path(
                    account.settings(), action.each() ? verdicts.get(0).input() : JSON.createObjectNode());
            Map<String, String> headers = new TreeMap<>(action.headers());
            byte[] body = body(records, account);
            if (body.length > 0) {
                headers.putIfAbsent("Content-Type", "application/json");
            }
            boolean isWithdrawal = verdicts.get(0).step() == PushStep.WITHDRAW;
            return new PlatformRequest(
                    account.platform(),
                    account.organization(),
                    account.id(),
                    "push:" + target.name(),
                    isWithdrawal ? CallPriority.PROMPT : CallPriority.BULK,
                    action.method(),
                    path,
                    headers,
                    body,
                    lastLook);
        } catch (UnmappableRecord | InvalidValue odd) {
            throw new Defect(
                    FailureCode.MAPPING_FAILED,
                    "No request of the target " + target.name() + " can be made of " + verdicts.size() + " records: "
                            + Secrets.reason(verdicts, odd));
        }
    }

    /** What the call says of a record: questions and moves may have words of their own, made of the upsert's {@code item}. */
    private JsonNode item(PushVerdict verdict) throws InvalidValue {
        JqSource own = action.record();
        boolean isOther = isQuestion || verdict.step() == PushStep.MOVE;
        if (!isOther || own == null) {
            return verdict.item();
        }
        ObjectNode input = verdict.input().deepCopy();
        input.set("item", verdict.item());
        return own.calculate(input);
    }

    private byte[] body(ArrayNode records, Integration account) throws InvalidValue {
        if (action.method().equals("GET") || (action.method().equals("DELETE") && action.body() == null)) {
            return new byte[0];
        }
        JsonNode body = action.each() ? records.get(0) : records;
        JqSource mapping = action.body();
        if (mapping != null) {
            ObjectNode input = JSON.createObjectNode();
            input.set("records", records);
            ObjectNode known = input.putObject("settings");
            account.settings().forEach(known::put);
            body = mapping.calculate(input);
        }
        if (body.isNull() || body.isMissingNode()) {
            return new byte[0];
        }
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
