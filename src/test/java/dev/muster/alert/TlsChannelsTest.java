package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Channels by TLS to a server whose certificate was made a moment ago: taken by whom it is trusted, and by nobody else. */
class TlsChannelsTest {
    private static final String SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    private static final String PASSWORD = "of-this-test";

    @TempDir
    Path folder;

    /** A Java's own tool. */
    private Path certificate() throws Exception {
        Path store = folder.resolve("server.p12");
        ran(
                List.of(
                        tool("keytool"),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-validity",
                        "2",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD),
                0);
        return store;
    }

    private static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    private String ran(List<String> command, int expected) throws Exception {
        Path said = Files.createTempFile(folder, "said", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            String text = Files.readString(said);
            assertThat(process.exitValue()).as(text).isEqualTo(expected);
            return text;
        } finally {
            process.destroyForcibly();
        }
    }

    /** Tells the channel in a Java that trusts these, or whom Java trusts anyway. */
    private String told(Path trusted, int expected, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(tool("java"), "-XX:TieredStopAtLevel=1"));
        if (trusted != null) {
            command.add("-Djavax.net.ssl.trustStore=" + trusted);
            command.add("-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                TlsTelling.class.getName()));
        command.addAll(List.of(arguments));
        return ran(command, expected);
    }

    private static SSLContext shows(Path certificate) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream stream = Files.newInputStream(certificate)) {
            keys.load(stream, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        return tls;
    }

    /** Hands on what comes by TLS; ends when {@code front} is closed. GreenMail itself shows one certificate for good. */
    private static void terminateTls(ServerSocket front, int behind) {
        Thread acceptor = new Thread(() -> {
            try {
                while (true) {
                    Socket client = front.accept();
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), behind);
                    copy(client, server);
                    copy(server, client);
                }
            } catch (IOException e) {
                // closed
            }
        });
        acceptor.setDaemon(true);
        acceptor.start();
    }

    private static void copy(Socket from, Socket to) {
        Thread copying = new Thread(() -> {
            try (from;
                    to) {
                from.getInputStream().transferTo(to.getOutputStream());
            } catch (IOException e) {
                // the other side is gone
            }
        });
        copying.setDaemon(true);
        copying.start();
    }

    @Test
    void aWebhookIsToldWhereItsCertificateIsTrusted() throws Exception {
        Path certificate = certificate();
        SSLContext tls = shows(certificate);
        List<String> heard = new CopyOnWriteArrayList<>();
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/hook", call -> {
            heard.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            call.sendResponseHeaders(204, -1);
            call.close();
        });
        server.start();
        try {
            String port = String.valueOf(server.getAddress().getPort());

            told(certificate, 0, "webhook", port, SECRET);

            assertThat(heard).singleElement().asString().contains("By TLS");
            assertThat(told(null, 3, "webhook", port, SECRET)).contains("127.0.0.1 does not answer (SSLHandshake");
            assertThat(heard).hasSize(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aMailServerIsToldWhereItsCertificateIsTrusted() throws Exception {
        Path certificate = certificate();
        GreenMail mails = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        try (ServerSocket front = shows(certificate)
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            mails.start();
            terminateTls(front, mails.getSmtp().getPort());
            String port = String.valueOf(front.getLocalPort());

            told(certificate, 0, "mail", port);

            assertThat(mails.getReceivedMessages()).hasSize(1);
            assertThat(mails.getReceivedMessages()[0].getSubject()).isEqualTo("By TLS");
            assertThat(told(null, 3, "mail", port))
                    .contains("did not take the e-mail")
                    .contains("PKIX");
            assertThat(mails.getReceivedMessages()).hasSize(1);
        } finally {
            mails.stop();
        }
    }
}
