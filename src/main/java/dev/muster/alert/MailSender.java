package dev.muster.alert;

import static java.util.Objects.requireNonNull;

import dev.muster.alert.Channel.Mail;
import dev.muster.alert.Channel.Tls;
import dev.muster.db.Ids;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Date;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells people by e-mail. A server's certificate has to be right, and STARTTLS is not given up where a server has none. */
final class MailSender {
    private static final Logger LOG = LoggerFactory.getLogger(MailSender.class);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** For each answer of the server. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private static final int SUBJECT_MAX = 200;

    /** @throws Transient where the server did not take it */
    void send(Channel channel, Notice notice) {
        Mail mail = requireNonNull(channel.mail(), "an e-mail channel says whom it tells");
        String where = mail.host() + ':' + mail.port();
        Session session = Session.getInstance(properties(mail));
        try (Transport transport = session.getTransport()) {
            MimeMessage message = message(session, mail, notice);
            String password = channel.secrets().text(Channel.PASSWORD, "alerts").orElse(null);
            transport.connect(mail.user(), password);
            transport.sendMessage(message, message.getAllRecipients());
        } catch (AuthenticationFailedException e) {
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    where + " does not take the user and password of the channel " + channel.name(),
                    null);
        } catch (SendFailedException e) {
            Address[] told = e.getValidSentAddresses();
            if (told == null || told.length == 0) {
                throw unsent(where, e);
            }
            LOG.warn(
                    "The channel {} told {} of {} addresses: {} refused the others. Correct them in {}",
                    channel.name(),
                    told.length,
                    mail.to().size(),
                    where,
                    AlertSettings.FILE);
        } catch (MessagingException e) {
            throw unsent(where, e);
        }
    }

    private static Transient unsent(String where, MessagingException e) {
        Throwable cause = e.getNextException() == null ? e : e.getNextException();
        String said = String.valueOf(cause.getMessage()).strip();
        return new Transient(FailureCode.PLATFORM_UNAVAILABLE, where + " did not take the e-mail: " + said, null);
    }

    private static Properties properties(Mail mail) {
        Properties properties = new Properties();
        // TLS by the protocol's name would read other properties.
        properties.setProperty("mail.transport.protocol", "smtp");
        properties.setProperty("mail.smtp.host", mail.host());
        properties.setProperty("mail.smtp.port", Integer.toString(mail.port()));
        properties.setProperty("mail.smtp.auth", Boolean.toString(mail.user() != null));
        properties.setProperty("mail.smtp.ssl.enable", Boolean.toString(mail.tls() == Tls.TLS));
        properties.setProperty("mail.smtp.starttls.enable", Boolean.toString(mail.tls() == Tls.STARTTLS));
        properties.setProperty("mail.smtp.starttls.required", Boolean.toString(mail.tls() == Tls.STARTTLS));
        properties.setProperty("mail.smtp.ssl.checkserveridentity", "true");
        properties.setProperty("mail.smtp.connectiontimeout", Long.toString(CONNECT.toMillis()));
        properties.setProperty("mail.smtp.timeout", Long.toString(ANSWER.toMillis()));
        properties.setProperty("mail.smtp.writetimeout", Long.toString(ANSWER.toMillis()));
        // One address that is wrong does not keep the others from being told.
        properties.setProperty("mail.smtp.sendpartial", "true");
        return properties;
    }

    private static MimeMessage message(Session session, Mail mail, Notice notice) throws MessagingException {
        String id = "<notice." + Ids.format(notice.id()) + '@'
                + mail.from().substring(mail.from().indexOf('@') + 1) + '>';
        MimeMessage message = new MimeMessage(session) {
            @Override
            protected void updateMessageID() throws MessagingException {
                // The same for each try: a mailbox can tell that it has it already.
                setHeader("Message-ID", id);
            }
        };
        message.setFrom(new InternetAddress(mail.from()));
        for (String to : mail.to()) {
            message.addRecipient(Message.RecipientType.TO, new InternetAddress(to));
        }
        String title = notice.title();
        message.setSubject(
                title.length() > SUBJECT_MAX ? title.substring(0, SUBJECT_MAX) : title, StandardCharsets.UTF_8.name());
        message.setText(notice.text() + '\n', StandardCharsets.UTF_8.name());
        message.setSentDate(Date.from(notice.createdAt()));
        // Nobody's answering machine is to answer (RFC 3834).
        message.setHeader("Auto-Submitted", "auto-generated");
        message.saveChanges();
        return message;
    }
}
