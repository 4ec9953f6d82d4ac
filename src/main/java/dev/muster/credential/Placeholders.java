package dev.muster.credential;

import dev.muster.call.CredentialUnusable;
import dev.muster.platform.Integration;
import dev.muster.platform.Secrets;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What stands for {@code {names}} in the auth section of a platform's file: an integration's settings and secrets. */
final class Placeholders {
    private static final Pattern NAME = Pattern.compile("\\{([A-Za-z0-9]+)\\}");
    private static final String BASIC = "basic";
    private static final String PURPOSE = "call";

    private final Integration integration;
    private final String accessToken;

    /** @param accessToken empty where there is none yet */
    Placeholders(Integration integration, String accessToken) {
        this.integration = integration;
        this.accessToken = accessToken;
    }

    Map<String, String> filled(Map<String, String> templates) {
        Map<String, String> filled = new LinkedHashMap<>();
        templates.forEach((name, template) -> filled.put(name, filled(template)));
        return filled;
    }

    /** @throws CredentialUnusable where the integration does not have what it takes */
    String filled(String template) {
        return filled(template, false);
    }

    private String filled(String template, boolean encoded) {
        Matcher names = NAME.matcher(template);
        StringBuilder text = new StringBuilder();
        while (names.find()) {
            String name = names.group(1);
            String value = value(name)
                    .filter(one -> one.chars().noneMatch(c -> c < ' ') || name.equals(Secrets.PRIVATE_KEY))
                    .orElseThrow(() -> new CredentialUnusable(integration.key()
                            + " has no " + name + ": ./muster integration set " + integration.id() + " (or "
                            + integration
                                    .platform()
                                    .toUpperCase(java.util.Locale.ROOT)
                                    .replace('-', '_') + '_'
                            + dev.muster.platform.AccountSettings.upperSnake(name) + " in the environment)"));
            names.appendReplacement(
                    text,
                    Matcher.quoteReplacement(
                            encoded
                                    ? URLEncoder.encode(value, StandardCharsets.UTF_8)
                                            .replace("+", "%20")
                                    : value));
        }
        return names.appendTail(text).toString();
    }

    /** The settings that a template needs. */
    static Set<String> settings(String template) {
        Set<String> settings = new TreeSet<>();
        Matcher names = NAME.matcher(template);
        while (names.find()) {
            String name = names.group(1);
            if (!name.equals(BASIC) && !Secrets.NAMES.contains(name)) {
                settings.add(name);
            }
        }
        return settings;
    }

    private Optional<String> value(String name) {
        return switch (name) {
            case Secrets.ACCESS_TOKEN -> accessToken.isEmpty() ? Optional.empty() : Optional.of(accessToken);
            case BASIC -> basic();
            default ->
                Secrets.NAMES.contains(name)
                        ? integration.secrets().text(name, PURPOSE)
                        : Optional.ofNullable(integration.settings().get(name));
        };
    }

    /** Where a platform takes an API key as the password, it takes any name. */
    private Optional<String> basic() {
        String username = integration.secrets().text(Secrets.USERNAME, PURPOSE).orElse("muster");
        return integration
                .secrets()
                .text(Secrets.PASSWORD, PURPOSE)
                .or(() -> integration.secrets().text(Secrets.API_KEY, PURPOSE))
                .map(password -> Base64.getEncoder()
                        .encodeToString((username + ':' + password).getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * An address: a template that is a URL, or a path below a base.
     *
     * @param base null where the platform has none
     */
    URI address(String template, @Nullable String base) {
        String text;
        if (template.startsWith("/")) {
            text = (base == null ? "" : base.replaceAll("/+$", "")) + filled(template, true);
        } else if (template.startsWith("{")) {
            // the setting is a base itself, such as loginUrl
            int end = template.indexOf('}') + 1;
            text = filled(template.substring(0, end)).replaceAll("/+$", "") + filled(template.substring(end), true);
        } else {
            text = filled(template, true);
        }
        try {
            URI address = URI.create(text);
            if (address.getHost() != null && String.valueOf(address.getScheme()).matches("https?")) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new CredentialUnusable(integration.key() + ": '" + template + "' of config/platforms/"
                + integration.platform() + ".yaml makes no URL; is its base URL set?");
    }
}
