package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NameMatchTest {
    @ParameterizedTest
    @CsvSource({
        "Ana, Lee, Ana, Lee",
        "ana, LEE, Ana, Lee",
        "José, García, Jose, Garcia",
        "Łukasz, Błaszczyk, Lukasz, Blaszczyk",
        "Søren, Ørsted, Soren, Orsted",
        "Jürgen, Weiß, Juergen, Weiss",
        "O’Brien, Kate, Kate, OBrien",
        "Ana, Lee, Ana, Kim", // married
        "A., Lee, Ana, Lee",
        "A, Lee, Ana, Lee",
        "J. P., Sartre, Jean Paul, Sartre",
        "Ana María, Lee, María, Lee",
        "Jean-Paul, Sartre, Jeanpaul, Sartre",
        "Rob, Ford, Robert, Ford",
        "Katherine, Hall, Katharine, Hall",
        "Jon, Ek, John, Ek",
        "Ana, Lee, Anna, Lee",
        "Micheal, Hall, Michael, Hall",
        "'Lee, Ana', '', Ana, Lee",
        "Lee, Ana, Ana, Lee",
        "Ana Lee, '', Ana, Lee",
        "Ana, '', Ana, Lee",
        "'', Lee, Ana, Lee",
        "'', Lee, Bob, Kim",
        "Dr. Ana, Lee, Ana, Lee",
        "Ana, Lee Jr., Ana, Lee",
        "'', '', Ana, Lee",
        "' ', ---, Ana, Lee",
        "Info, Requested, Ana, Lee",
        "Guest, '', Ana, Lee",
        "N/A, '', Ana, Lee",
        "Invité, '', Zoé, Petit",
        "Гость, '', Анна, Иванова",
        "ゲスト, '', 花子, 山田",
        "匿名, '', 伟, 王",
        "익명, '', 민수, 김",
        "مجهول, '', محمد, علي",
        "Ανώνυμος, '', Νίκος, Παππάς",
        "अज्ञात, '', राम, शर्मा",
        "Анна, Иванова, Anna, Ivanova", // another script
        "花子, 山田, Hanako, Yamada",
        "花子, 山田, ハナコ, ヤマダ",
        "Алёна, Королёва, Алена, Королева",
        "Νίκος, Παππάς, ΝΙΚΟΣ, ΠΑΠΠΑΣ",
        "مُحَمَّد, علي, محمد, على",
        "דָּוִד, כהן, דוד, כהן",
        "ハナコ, 山田, はなこ, 山田",
        "ﾊﾅｺ, 山田, ハナコ, 山田",
        "王伟, '', 伟, 王",
        "김민수, '', 민수, 김",
        "राम, शर्मा, राम, वर्मा",
    })
    void oneAndTheSameOrCannotTell(String firstA, String lastA, String firstB, String lastB) {
        assertThat(NameMatch.clearlyDifferent(firstA, lastA, firstB, lastB)).isFalse();
        assertThat(NameMatch.clearlyDifferent(firstB, lastB, firstA, lastA)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "Ana, Lee, Bob, Lee",
        "Ana, Lee, Bob, Kim",
        "Ana, '', Bob, Lee",
        "A., Lee, Bob, Lee",
        "Ana M., Lee, Mary, Lee",
        "Mark, Lee, Mary, Lee",
        "Paul, Roy, Paula, Roy",
        "Mario, Rossi, Maria, Rossi",
        "Bob, Ford, Robert, Ford", // a nickname: a person looks
        "Ana Lee, '', Bob Lee, ''",
        "Анна, Иванова, Борис, Иванов",
        "Νίκος, Παππάς, Ελένη, Παππά",
        "محمد, علي, فاطمة, علي",
        "דוד, כהן, רחל, כהן",
        "राम, शर्मा, सीता, शर्मा",
        "สมชาย, ใจดี, มาลี, ใจดี",
        "伟, 王, 芳, 王",
        "王伟, '', 王芳, ''",
        "민수, 김, 민서, 김",
        "太郎, 山田, 花子, 山田",
        "さくら, 山田, はなこ, 山田",
    })
    void clearlyTwo(String firstA, String lastA, String firstB, String lastB) {
        assertThat(NameMatch.clearlyDifferent(firstA, lastA, firstB, lastB)).isTrue();
        assertThat(NameMatch.clearlyDifferent(firstB, lastB, firstA, lastA)).isTrue();
    }

    @Test
    void wholeNamesAreComparedToo() {
        assertThat(NameMatch.clearlyDifferent("Ana Lee", "LEE, Ana")).isFalse();
        assertThat(NameMatch.clearlyDifferent("Ana Lee", "Bob Lee")).isTrue();
    }

    @Test
    void itIsSymmetricAndNobodyDiffersFromThemselvesWhateverTheText() {
        Random random = new Random(7);
        String letters = "aAbeoßéŁ 'ʼ-.,1\u0301\u3099\ud83d\ude00\ud800かカ가김王дЖ\u064eعऀर";
        for (int i = 0; i < 20_000; i++) {
            String a = text(random, letters);
            String b = text(random, letters);
            assertThat(NameMatch.clearlyDifferent(a, b, b, a))
                    .as("%s | %s", a, b)
                    .isEqualTo(NameMatch.clearlyDifferent(b, a, a, b));
            assertThat(NameMatch.clearlyDifferent(a, b))
                    .as("%s | %s", a, b)
                    .isEqualTo(NameMatch.clearlyDifferent(b, a));
            assertThat(NameMatch.clearlyDifferent(a, b, a, b))
                    .as("%s | %s", a, b)
                    .isFalse();
        }
    }

    private static String text(Random random, String letters) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }
}
