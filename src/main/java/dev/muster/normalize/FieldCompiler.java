package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.canonical.Entity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compiles the fields of one platform's mapping. */
final class FieldCompiler {
    private static final Map<String, ValueType> SIMPLE_TYPES = Map.ofEntries(
            Map.entry("text", new TextType()),
            Map.entry("name", new NameType()),
            Map.entry("email", new EmailType()),
            Map.entry("country", new CountryType()),
            Map.entry("date", new DateType()),
            Map.entry("instant", new InstantType()),
            Map.entry("currency", new CurrencyType()),
            Map.entry("language", new LanguageType()),
            Map.entry("url", new UrlType()),
            Map.entry("boolean", new BooleanType()),
            Map.entry("integer", new IntegerType()),
            Map.entry("consent", new ConsentType()),
            Map.entry("list", new ListType()));

    private final String platform;
    private final @Nullable String regionDefault;
    private final Map<String, Map<String, JsonNode>> tables;
    private final Map<String, FieldTransformation> beans;

    /**
     * @param regionDefault the ISO 3166-1 code for phone numbers of persons without a country; null for none
     * @param tables the lookup tables that fields may name
     * @param beans the transformations that {@code custom:} may name
     */
    FieldCompiler(
            String platform,
            @Nullable String regionDefault,
            Map<String, Map<String, JsonNode>> tables,
            Map<String, FieldTransformation> beans) {
        this.platform = platform;
        this.regionDefault = regionDefault;
        this.tables = tables;
        this.beans = beans;
    }

    /** The field; null and a problem in the section where it cannot be compiled. */
    @Nullable
    Field field(MappingSection section, List<String> names) {
        section.allow(
                "target",
                "source",
                "type",
                "transformation",
                "required",
                "default",
                "when",
                "unless",
                "observedAt",
                "region",
                "currency",
                "unit",
                "entity");
        String target = section.child("target").requiredText();
        ValueType type = type(section, names);
        List<Source> sources = sources(section, names);
        boolean sourced = section.child("source").present()
                || section.child("transformation").child("format").present();
        if (!sourced && !section.child("default").present()) {
            section.problem("has neither source nor format nor default, so it can never have a value");
        }
        if (type == null || target.isEmpty()) {
            return null;
        }
        return new Field(
                target,
                sources,
                transformation(section.child("transformation")),
                type,
                section.child("when").source(names),
                section.child("unless").source(names),
                section.child("required").flag(),
                fallback(section.child("default"), type),
                section.child("observedAt").sources(names));
    }

    /** The record's external id: a path, or a mapping with source or transformation as of a field. */
    @Nullable
    Field id(MappingSection section, List<String> names) {
        if (!section.present()) {
            section.problem("is missing: every record needs the platform's id");
            return null;
        }
        boolean path = section.node().isTextual();
        if (!path) {
            section.allow("source", "transformation");
        }
        List<Source> sources = path ? section.sources(names) : sources(section, names);
        if (sources.isEmpty()) {
            section.problem("has no source");
        }
        Transformation transformation = path ? Transformation.NONE : transformation(section.child("transformation"));
        return new Field("id", sources, transformation, new IdType(), null, null, true, null, List.of());
    }

    static Map<String, JsonNode> table(MappingSection section) {
        Map<String, JsonNode> table = new LinkedHashMap<>();
        section.members().forEach((key, entry) -> {
            if (entry.node().isContainerNode()) {
                entry.problem("has to be a single value, and is " + ValueType.describe(entry.node()));
            } else {
                // an empty entry says that the value means nothing here
                table.put(key, entry.node());
            }
        });
        if (table.isEmpty()) {
            section.problem("is a lookup table without entries");
        }
        return table;
    }

    private List<Source> sources(MappingSection section, List<String> names) {
        List<Source> sources = new ArrayList<>(section.child("source").sources(names));
        MappingSection format = section.child("transformation").child("format");
        if (format.present()) {
            if (!sources.isEmpty()) {
                format.problem("takes its values from its own braces; remove source");
            }
            Source formatted = format.compiled(text -> FormatSource.of(text, names));
            if (formatted != null) {
                sources.add(formatted);
            }
        }
        return sources;
    }

    private Transformation transformation(MappingSection section) {
        if (!section.present()) {
            return Transformation.NONE;
        }
        section.allow("format", "lookup", "calculate", "custom");
        if (section.members().size() > 1) {
            section.problem("names several transformations; one field has one");
        }
        if (section.child("lookup").present()) {
            return lookup(section.child("lookup"));
        }
        if (section.child("calculate").present()) {
            JqSource expression = section.child("calculate").compiled(JqSource::of);
            return expression == null ? Transformation.NONE : Transformation.calculate(expression);
        }
        String name = section.child("custom").text();
        if (name == null) {
            return Transformation.NONE;
        }
        FieldTransformation bean = beans.get(name);
        if (bean == null) {
            section.child("custom").problem("names " + name + "; there are " + new TreeSet<>(beans.keySet()));
            return Transformation.NONE;
        }
        return Transformation.custom(bean);
    }

    private Transformation lookup(MappingSection section) {
        Map<String, JsonNode> table;
        if (section.node().isTextual()) {
            String name = section.node().textValue();
            table = tables.getOrDefault(name, Map.of());
            if (table.isEmpty()) {
                section.problem("names the table " + name + "; there are " + new TreeSet<>(tables.keySet()));
            }
        } else {
            table = table(section);
        }
        return Transformation.lookup(table);
    }

    private @Nullable ValueType type(MappingSection section, List<String> names) {
        String name = section.child("type").requiredText();
        onlyFor(section, "region", name, "phone");
        onlyFor(section, "currency", name, "money");
        onlyFor(section, "unit", name, "money");
        onlyFor(section, "entity", name, "reference");
        switch (name) {
            case "phone":
                return new PhoneType(section.child("region").sources(names), regionDefault);
            case "money":
                return new MoneyType(
                        major(section.child("unit")), section.child("currency").sources(names));
            case "reference":
                Entity entity = entity(section.child("entity"));
                return entity == null ? null : new ReferenceType(platform, entity);
            default:
                ValueType type = SIMPLE_TYPES.get(name);
                if (type == null && !name.isEmpty()) {
                    section.child("type")
                            .problem("is " + name + "; there are money, phone, reference, "
                                    + String.join(", ", new TreeSet<>(SIMPLE_TYPES.keySet())));
                }
                return type;
        }
    }

    private static void onlyFor(MappingSection section, String key, String type, String only) {
        if (section.child(key).present() && !type.equals(only)) {
            section.child(key).problem("is only for the type " + only);
        }
    }

    private static boolean major(MappingSection section) {
        String unit = section.text();
        if (unit != null && !unit.equals("major") && !unit.equals("minor")) {
            section.problem("is " + unit + "; there are major, minor");
        }
        return "major".equals(unit);
    }

    static @Nullable Entity entity(MappingSection section) {
        String name = section.requiredText();
        Entity entity = Entity.of(name).orElse(null);
        if (entity == null && !name.isEmpty()) {
            List<String> known = new ArrayList<>();
            for (Entity each : Entity.values()) {
                known.add(each.id());
            }
            section.problem("is " + name + "; there are " + String.join(", ", known));
        }
        return entity;
    }

    private static @Nullable Object fallback(MappingSection section, ValueType type) {
        if (!section.present()) {
            return null;
        }
        try {
            JsonNode none = MissingNode.getInstance();
            return type.read(section.node(), new Scope(new Document(none), none, none, new JsonNode[0]));
        } catch (InvalidValue invalid) {
            section.problem("is " + invalid.reason());
            return null;
        }
    }
}
