package dev.muster.bench;

import java.util.HashMap;
import java.util.Map;

/** {@code --name value} and {@code --flag}. */
final class Options {
    private final Map<String, String> values = new HashMap<>();

    Options(String[] arguments, int from) {
        for (int i = from; i < arguments.length; i++) {
            if (!arguments[i].startsWith("--")) {
                throw new IllegalArgumentException("Options look like --name value; this one does not: " + arguments[i]);
            }
            String name = arguments[i].substring(2);
            boolean flag = i + 1 == arguments.length || arguments[i + 1].startsWith("--");
            values.put(name, flag ? "true" : arguments[++i]);
        }
    }

    boolean flag(String name) {
        return "true".equals(values.get(name));
    }

    int number(String name, int otherwise) {
        String value = values.get(name);
        return value == null ? otherwise : Integer.parseInt(value.replace("_", ""));
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }
}
