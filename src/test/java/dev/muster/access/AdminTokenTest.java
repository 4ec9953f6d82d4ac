package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AdminTokenTest {
    @TempDir
    Path data;

    @Test
    void onlyTheConfiguredTokenOpens() {
        AdminToken token = AdminToken.of("correct horse", data);

        assertThat(token.opens("Bearer correct horse")).isTrue();
        assertThat(token.opens("bearer correct horse")).isTrue();
        assertThat(token.opens("Bearer correct horsf")).isFalse();
        assertThat(token.opens("Bearer ")).isFalse();
        assertThat(token.opens("correct horse")).isFalse();
        assertThat(token.opens("Basic correct horse")).isFalse();
        assertThat(token.opens(null)).isFalse();
    }

    @Test
    void theMadeTokenOpensTheConsoleAsAPassword() throws Exception {
        Files.writeString(
                data.resolve("admin-token.sha256"),
                "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\n");
        AdminToken token = AdminToken.of(null, data);

        assertThat(token.opensConsole("Basic b3BlcmF0b3I6Zm9v")).isTrue();
        assertThat(token.opensConsole("Bearer foo")).isTrue();
        assertThat(token.opensConsole("Basic b3BlcmF0b3I6YmFy")).isFalse();
        assertThat(token.opensConsole("Basic %")).isFalse();
        assertThat(token.opensConsole(null)).isFalse();
    }

    @Test
    void aConfiguredTokenLeavesNoTrace() {
        AdminToken.of("correct horse", data);

        assertThat(data).isEmptyDirectory();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void ofAMadeTokenOnlyTheHashIsKeptForTheOwner() throws Exception {
        AdminToken.of(null, data);

        Path file = data.resolve("admin-token.sha256");
        assertThat(Files.readString(file)).matches("[0-9a-f]{64}\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void theKeptHashStillOpensAfterARestart() throws Exception {
        Files.writeString(
                data.resolve("admin-token.sha256"),
                "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\n");

        assertThat(AdminToken.of(null, data).opens("Bearer foo")).isTrue();
        assertThat(AdminToken.of(null, data).opens("Bearer bar")).isFalse();
    }

    @Test
    void aBrokenHashSaysWhatToDo() throws Exception {
        Files.writeString(data.resolve("admin-token.sha256"), "nonsense");

        assertThatThrownBy(() -> AdminToken.of(null, data)).hasMessageContaining("Delete it");
    }
}
