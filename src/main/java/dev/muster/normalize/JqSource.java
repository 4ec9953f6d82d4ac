package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.canonical.CutText;
import java.util.ArrayList;
import java.util.List;
import net.thisptr.jackson.jq.BuiltinFunctionLoader;
import net.thisptr.jackson.jq.JsonQuery;
import net.thisptr.jackson.jq.Versions;
import net.thisptr.jackson.jq.exception.JsonQueryException;

/** A jq expression, compiled once, for what a path cannot say. Much slower than a path. */
public final class JqSource implements Source {
    static final String PREFIX = "jq:";
    private static final net.thisptr.jackson.jq.Scope FUNCTIONS = functions();

    private final JsonQuery query;

    private JqSource(JsonQuery query) {
        this.query = query;
    }

    /** @throws IllegalArgumentException if it is not jq, with what is wrong */
    public static JqSource of(String expression) {
        try {
            return new JqSource(JsonQuery.compile(expression.strip(), Versions.JQ_1_6));
        } catch (JsonQueryException notJq) {
            throw new IllegalArgumentException("is not jq: " + notJq.getMessage());
        } catch (StackOverflowError tooDeep) {
            throw new IllegalArgumentException("is nested too deeply to be read");
        }
    }

    private static net.thisptr.jackson.jq.Scope functions() {
        net.thisptr.jackson.jq.Scope scope = net.thisptr.jackson.jq.Scope.newEmptyScope();
        BuiltinFunctionLoader.getInstance().loadFunctions(Versions.JQ_1_6, scope);
        return scope;
    }

    @Override
    public JsonNode read(Scope scope) {
        try {
            return calculate(scope.node());
        } catch (InvalidValue odd) {
            // as with a path into something of another shape: there is nothing
            return MissingNode.getInstance();
        }
    }

    /**
     * The expression's first result; a missing node where it has none.
     *
     * @throws InvalidValue where it cannot be calculated of this input
     */
    public JsonNode calculate(JsonNode input) throws InvalidValue {
        List<JsonNode> results = new ArrayList<>(1);
        try {
            query.apply(net.thisptr.jackson.jq.Scope.newChildScope(FUNCTIONS), input, results::add);
        } catch (JsonQueryException | ClassCastException | ArithmeticException odd) {
            // the library lets some of its own through, for values of other types than an expression expects
            throw new InvalidValue("cannot be calculated: " + CutText.of(String.valueOf(odd.getMessage()), 200));
        } catch (StackOverflowError endless) {
            throw new InvalidValue("cannot be calculated: the expression calls itself without end");
        }
        return results.isEmpty() ? MissingNode.getInstance() : results.get(0);
    }
}
