package dev.muster.access;

import java.util.LinkedHashMap;
import java.util.Map;

/** A bounded memory that forgets what was asked for longest ago. Whoever uses it from many threads synchronizes on it. */
final class Remembered<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    private final int most;

    Remembered(int most) {
        super(16, 0.75f, true);
        this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
