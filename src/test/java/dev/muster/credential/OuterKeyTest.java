package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OuterKeyTest {
    private static final String BASE64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    private static final String HEX = "3031323334353637383961626364656630313233343536373839616263646566";

    @TempDir
    Path data;

    @Test
    void base64AndHexAreTheSameKey() {
        assertThat(OuterKey.parse("ENCRYPTION_KEY", BASE64).fingerprint())
                .isEqualTo(OuterKey.parse("ENCRYPTION_KEY", HEX).fingerprint());
    }

    @ParameterizedTest
    @ValueSource(strings = {"short-one", "MDEyMzQ1Njc4OWFiY2RlZg==", "not base 64 at all, but long enough to be one!"})
    void whatIsNoKeyIsRefusedWithoutBeingRepeated(String text) {
        assertThatThrownBy(() -> OuterKey.parse("ENCRYPTION_KEY", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("openssl rand -base64 32")
                .hasMessageNotContaining(text);
    }

    @Test
    void aFileIsMadeOnceForItsOwnerOnly() throws Exception {
        String first = OuterKey.of(null, null, data).get(0).fingerprint();

        assertThat(OuterKey.of(null, null, data).get(0).fingerprint()).isEqualTo(first);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("encryption.key"))))
                .isEqualTo("rw-------");
        assertThat(OuterKey.of(BASE64, null, data)).hasSize(2);
    }
}
