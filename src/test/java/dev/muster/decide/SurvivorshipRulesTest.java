package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.canonical.Entity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SurvivorshipRulesTest {
    private static List<String> problems(String yaml) {
        try {
            SurvivorshipRules.parse("s.yaml", yaml);
            return List.of();
        } catch (SurvivorshipRefused refused) {
            List<String> problems = new ArrayList<>();
            refused.problems().forEach(problem -> problems.add(problem.toString()));
            return problems;
        }
    }

    @Test
    void theShippedFileIsRight() {
        SurvivorshipRules rules = Statements.shippedRules();

        assertThat(rules.of(Entity.MEMBER).rule("consentEmail").name()).isEqualTo("most_restrictive");
        assertThat(rules.of(Entity.MEMBER).rule("birthDate").name()).isEqualTo("review");
        assertThat(rules.of(Entity.MEMBER).rule("anything").name()).isEqualTo("latest");
        assertThat(rules.of(Entity.MEMBER).group("city")).isNotNull();
        assertThat(rules.of(Entity.EVENT).rule("tags").name()).isEqualTo("union");
    }

    @Test
    void entitiesNotNamedTakeTheLatest() {
        assertThat(Statements.rules("entities: {}")
                        .of(Entity.CAMPAIGN)
                        .rule("x")
                        .name())
                .isEqualTo("latest");
    }

    @Test
    void allProblemsComeAtOnceWithLineAndRemedy() {
        String yaml = """
                entities:
                  person: {}
                  member:
                    default: newest
                    platfroms: [a]
                    fields:
                      phone: { rule: precedence }
                      Tags: union
                      gender: { rule: review, order: [a] }
                      consentEmail: { rule: most_restrictive, order: [no, no] }
                      consentSms: { rule: most_restrictive, order: [] }
                      city: latest
                      email: [latest]
                    groups:
                      address: { fields: [city, country], anchor: street, rule: union }
                      other: { rule: latest }
                      single: { fields: [zip] }
                """;

        assertThat(problems(yaml))
                .containsExactly(
                        "s.yaml:2: entities.person: There is no entity 'person'. Write one of [member, event,"
                                + " registration, membership, campaign, transaction, recurring_plan].",
                        "s.yaml:4: entities.member.default: There is no rule 'newest'. Write one of [latest,"
                                + " most_restrictive, precedence, review, union].",
                        "s.yaml:5: entities.member.platfroms: There is no key 'platfroms' here. Known are [default,"
                                + " fields, groups, platforms].",
                        "s.yaml:7: entities.member.fields.phone: The rule 'precedence' needs 'platforms': a list, the"
                                + " first one strongest. Write { rule: precedence, platforms: [...] }.",
                        "s.yaml:8: entities.member.fields.Tags: 'Tags' cannot be a field: canonical fields are written"
                                + " like firstName.",
                        "s.yaml:9: entities.member.fields.gender.order: The rule 'review' knows no 'order'. It takes no"
                                + " settings.",
                        "s.yaml:10: entities.member.fields.consentEmail.order: 'no' stands in the list twice. Remove one"
                                + " of them.",
                        "s.yaml:11: entities.member.fields.consentSms.order: The list is empty. Name at least one value,"
                                + " or leave the key out.",
                        "s.yaml:13: entities.member.fields.email: Here must stand keys and values, not a list.",
                        "s.yaml:13: entities.member.fields.email: There is no 'rule'. Write one of [latest,"
                                + " most_restrictive, precedence, review, union].",
                        "s.yaml:15: entities.member.groups.address.fields: 'city' is also in 'fields'. Name it in one"
                                + " place only.",
                        "s.yaml:15: entities.member.groups.address.anchor: 'street' is not one of the group's fields"
                                + " [city, country]. The anchor is the field without which the rest means little.",
                        "s.yaml:15: entities.member.groups.address: The rule 'union' cannot move fields together,"
                                + " because it does not take one source whole. Write one of [latest, precedence].",
                        "s.yaml:16: entities.member.groups.other: A group needs 'fields': the list of fields that move"
                                + " together.",
                        "s.yaml:17: entities.member.groups.single.fields: A group has two fields or more; put a single"
                                + " one under 'fields'.");
    }

    @Test
    void whatIsNotYamlIsSaidWithItsLine() {
        assertThat(problems("entities:\n  member: ["))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("s.yaml:");
        assertThat(problems(""))
                .containsExactly("s.yaml:1: The file is empty. Write 'entities:' and under it member, event, ...");
        assertThat(problems("- a")).containsExactly("s.yaml:1: Here must stand keys and values, not a list.");
        assertThat(problems("rules: {}")).hasSize(1);
        assertThat(problems("entities: { member: {}, member: {} }"))
                .containsExactly("s.yaml:1: entities: 'member' stands here twice. Remove one of them.");
    }

    @Test
    void theEntitysOrderOfPlatformsServesItsRules() {
        assertThat(problems("entities: { member: { platforms: [patreon], fields: { phone: precedence } } }"))
                .isEmpty();
    }

    @Test
    void aFieldIsMarkedSecretBesideItsRuleOrAlone() {
        SurvivorshipRules rules = Statements.rules("""
                entities:
                  member:
                    default: review
                    platforms: [patreon]
                    fields:
                      notes: { rule: precedence, pii: secret }
                      shirtSize: { pii: secret }
                      tags: union
                """);

        assertThat(rules.secrets(Entity.MEMBER)).containsExactlyInAnyOrder("notes", "shirtSize");
        assertThat(rules.of(Entity.MEMBER).rule("notes").name()).isEqualTo("precedence");
        assertThat(rules.of(Entity.MEMBER).rule("shirtSize").name()).isEqualTo("review");
        assertThat(rules.secrets(Entity.EVENT)).isEmpty();
        assertThat(rules.hasSecrets()).isTrue();
        assertThat(SurvivorshipRules.latest().hasSecrets()).isFalse();
    }

    @Test
    void whatSomebodyHasToReadWhereItIsStoredCannotBeSecret() {
        assertThat(problems("""
                        entities:
                          member:
                            fields:
                              email: { pii: secret }
                              consentSms: { pii: secret }
                              notes: { pii: public }
                              gender: { rule: most_restrictive, order: [a], pii: secret }
                          membership:
                            fields:
                              member: { pii: secret }
                              amount: { rule: latest, pii: secret }
                        """))
                .containsExactly(
                        "s.yaml:4: entities.member.fields.email.pii: 'email' of member cannot be secret: by it the hub"
                                + " knows who is who. Remove pii.",
                        "s.yaml:5: entities.member.fields.consentSms.pii: 'consentSms' of member cannot be secret: every"
                                + " push asks it first. Remove pii.",
                        "s.yaml:6: entities.member.fields.notes.pii: Here must stand 'secret', not 'public'. Leave it out"
                                + " where the field is none.",
                        "s.yaml:7: entities.member.fields.gender.pii: 'gender' cannot be secret: most_restrictive finds its"
                                + " values in a list, and sealed ones are in none. Take another rule, or remove pii.",
                        "s.yaml:10: entities.membership.fields.member.pii: 'member' of membership cannot be secret: it says"
                                + " to which other record this one belongs. Remove pii.",
                        "s.yaml:11: entities.membership.fields.amount.pii: 'amount' of membership cannot be secret: it has a"
                                + " column of its own, which is searched and compared. Remove pii.");
    }

    @Test
    void editorsAndTheHubKnowTheSameRules() throws IOException {
        JsonNode schema = new ObjectMapper()
                .readTree(
                        Path.of("config", "schema", "survivorship.schema.json").toFile());
        TreeSet<String> entities = new TreeSet<>();
        schema.at("/properties/entities/properties").fieldNames().forEachRemaining(entities::add);
        TreeSet<String> known = new TreeSet<>();
        for (Entity entity : Entity.values()) {
            known.add(entity.id());
        }
        assertThat(entities).isEqualTo(known);

        ConflictRules rules = ConflictRules.standard();
        assertThat(words(schema.at("/$defs/rule/oneOf/1/properties/rule/enum"))).isEqualTo(rules.names());
        TreeSet<String> bare = words(schema.at("/$defs/rule/oneOf/0/enum"));
        bare.addAll(words(schema.at("/$defs/rule/oneOf/2/enum")));
        TreeSet<String> groups = new TreeSet<>();
        TreeSet<String> withoutOwnSettings = new TreeSet<>();
        for (String name : rules.names()) {
            ConflictRules.Kind kind = rules.kind(name);
            assertThat(kind).isNotNull();
            if (kind.movesGroups()) {
                groups.add(name);
            }
            if (kind.required().isEmpty() || kind.required().contains("platforms")) {
                withoutOwnSettings.add(name);
            }
        }
        assertThat(words(schema.at("/$defs/group/properties/rule/enum"))).isEqualTo(groups);
        assertThat(bare).isEqualTo(withoutOwnSettings);
    }

    private static TreeSet<String> words(JsonNode list) {
        TreeSet<String> words = new TreeSet<>();
        list.forEach(word -> words.add(word.asText()));
        return words;
    }
}
