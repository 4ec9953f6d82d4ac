package dev.muster.camel;

import dev.muster.admin.DashboardFiles;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/** Between a platform-http exchange and the files of the dashboard. */
public final class DashboardEntry implements Processor {
    private static final String FOLDER = "/dashboard/";

    private final DashboardFiles files;

    public DashboardEntry(DashboardFiles files) {
        this.files = files;
    }

    @Override
    public void process(Exchange exchange) {
        Message message = exchange.getMessage();
        DashboardFiles.Answer answer = files.answer(
                path(message),
                AdminEntry.header(message, "Accept-Encoding"),
                AdminEntry.header(message, "If-None-Match"));
        // nothing of the request comes back with its answer
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
        answer.headers().forEach(message::setHeader);
        message.setBody(answer.body());
    }

    /** Undecoded: no name of a file needs that. */
    private static String path(Message message) {
        String address = String.valueOf(message.getHeader(Exchange.HTTP_URI));
        int mark = address.indexOf('?');
        String path = mark < 0 ? address : address.substring(0, mark);
        if (path.equals("/")) {
            return "";
        }
        return path.startsWith(FOLDER) && path.length() > FOLDER.length() ? path.substring(FOLDER.length()) : path;
    }
}
