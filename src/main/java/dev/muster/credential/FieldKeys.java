package dev.muster.credential;

import com.google.crypto.tink.subtle.AesSiv;
import dev.muster.canonical.Entity;
import dev.muster.canonical.FieldSeal;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals with AES-SIV and a key of each organization's own, bound to organization, entity and field. The text names these three,
 * so that it is opened wherever it is found: {@code sealed:v1:PLACE.SEALED}, both in base 64 for URLs.
 */
public final class FieldKeys implements FieldSeal {
    private static final Logger LOG = LoggerFactory.getLogger(FieldKeys.class);
    private static final int KEY_BYTES = 64;
    private static final int ORGANIZATIONS_MAX = 10_000;
    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

    private final HubKey hub;
    private final Map<String, AesSiv> keys = new ConcurrentHashMap<>();
    private final AtomicBoolean told = new AtomicBoolean();

    public FieldKeys(HubKey hub) {
        this.hub = hub;
    }

    @Override
    public Object seal(String organization, Entity entity, String field, Object value) {
        byte[] place = String.join("/", organization, entity.id(), field).getBytes(StandardCharsets.UTF_8);
        AesSiv key = key(organization);
        if (value instanceof List<?> list) {
            return list.stream().map(one -> sealed(key, place, 's', one)).toList();
        }
        return sealed(key, place, value instanceof Long ? 'n' : value instanceof Boolean ? 'b' : 's', value);
    }

    private static String sealed(AesSiv key, byte[] place, char kind, Object value) {
        try {
            byte[] sealed =
                    key.encryptDeterministically((kind + value.toString()).getBytes(StandardCharsets.UTF_8), place);
            return PREFIX + TEXT.encodeToString(place) + '.' + TEXT.encodeToString(sealed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A secret field could not be sealed", e);
        }
    }

    @Override
    public Optional<Object> open(String sealed, Predicate<String> organizations) {
        int dot = sealed.indexOf('.');
        if (!sealed.startsWith(PREFIX) || dot < 0) {
            return Optional.empty();
        }
        try {
            byte[] place = Base64.getUrlDecoder().decode(sealed.substring(PREFIX.length(), dot));
            String name = new String(place, StandardCharsets.UTF_8);
            String organization = name.substring(0, Math.max(0, name.indexOf('/')));
            if (!organizations.test(organization)) {
                return Optional.empty();
            }
            byte[] opened = key(organization)
                    .decryptDeterministically(Base64.getUrlDecoder().decode(sealed.substring(dot + 1)), place);
            String text = new String(opened, 1, opened.length - 1, StandardCharsets.UTF_8);
            return Optional.of(
                    switch (opened[0]) {
                        case 'n' -> Long.valueOf(text);
                        case 'b' -> Boolean.valueOf(text);
                        default -> text;
                    });
        } catch (GeneralSecurityException | RuntimeException e) {
            if (told.compareAndSet(false, true)) {
                LOG.warn(
                        "A secret field's value cannot be opened and is shown as ***: it was changed, or sealed by another"
                                + " hub's key. Restore the table hub_keys from the backup that the rows are of");
            }
            return Optional.empty();
        }
    }

    private AesSiv key(String organization) {
        if (keys.size() > ORGANIZATIONS_MAX) {
            keys.clear();
        }
        return keys.computeIfAbsent(organization, name -> {
            try {
                return new AesSiv(hub.derived("fields", name, KEY_BYTES));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("AES-SIV is not to be had on this JVM", e);
            }
        });
    }

    @Override
    public String toString() {
        return "FieldKeys";
    }
}
