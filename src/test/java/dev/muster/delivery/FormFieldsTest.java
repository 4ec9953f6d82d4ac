package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class FormFieldsTest {
    private static String document(String form) {
        return FormFields.parse(form.getBytes(StandardCharsets.UTF_8))
                .document()
                .toString()
                .replace('"', '\'');
    }

    @Test
    void bracketsAreLevels() {
        assertThat(document("type=profile&data%5Bid%5D=8a&data%5Bmerges%5D%5BFNAME%5D=Zo%C3%AB+K"
                        + "&data[merges][ADDRESS][city]=Kiel"))
                .isEqualTo(
                        "{'type':'profile','data':{'id':'8a','merges':{'FNAME':'Zoë K','ADDRESS':{'city':'Kiel'}}}}");
    }

    @Test
    void emptyBracketsAreAList() {
        assertThat(document("tags[]=a&tags[]=b&data[ids][]=1")).isEqualTo("{'tags':['a','b'],'data':{'ids':['1']}}");
    }

    @Test
    void whatIsThereTwiceMeansNothing() {
        assertThat(document("id=1&id=2&b=3")).isEqualTo("{'b':'3'}");
    }

    @Test
    void aTextIsNoObjectAsWell() {
        assertThat(document("a=1&a[b]=2&c[d]=3&c=4")).isEqualTo("{'a':'1','c':{'d':'3'}}");
    }

    @Test
    void whatIsNoFormHasNoFields() {
        assertThat(document("a=%zz")).isEqualTo("{}");
        assertThat(document("")).isEqualTo("{}");
    }

    @Property
    void anyBytesAreReadWithoutFailing(
            @ForAll @Chars({'a', '[', ']', '=', '&', '%', '5', 'B', 'D', '+', '.'}) @StringLength(max = 60)
                    String form) {
        assertThat(FormFields.parse(form.getBytes(StandardCharsets.UTF_8)).document())
                .isNotNull();
    }
}
