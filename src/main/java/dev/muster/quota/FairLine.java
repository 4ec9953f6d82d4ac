package dev.muster.quota;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait for one quota. Organizations take turns, and within each its flows: ten thousand of one wait no longer
 * than one of another makes them. Not safe for threads.
 */
final class FairLine<T> {
    private final Map<String, Map<String, ArrayDeque<T>>> byOrganization = new LinkedHashMap<>();
    private int size;

    void add(String organization, String flow, T one) {
        byOrganization
                .computeIfAbsent(organization, key -> new LinkedHashMap<>())
                .computeIfAbsent(flow, key -> new ArrayDeque<>())
                .add(one);
        size++;
    }

    int size() {
        return size;
    }

    /** The one whose turn it is; its flow and organization go to the end of their lines. */
    @Nullable
    T next() {
        Iterator<Map.Entry<String, Map<String, ArrayDeque<T>>>> organizations =
                byOrganization.entrySet().iterator();
        if (!organizations.hasNext()) {
            return null;
        }
        Map.Entry<String, Map<String, ArrayDeque<T>>> organization = organizations.next();
        organizations.remove();
        Iterator<Map.Entry<String, ArrayDeque<T>>> flows =
                organization.getValue().entrySet().iterator();
        Map.Entry<String, ArrayDeque<T>> flow = flows.next();
        flows.remove();
        T one = flow.getValue().remove();
        size--;
        if (!flow.getValue().isEmpty()) {
            organization.getValue().put(flow.getKey(), flow.getValue());
        }
        if (!organization.getValue().isEmpty()) {
            byOrganization.put(organization.getKey(), organization.getValue());
        }
        return one;
    }
}
