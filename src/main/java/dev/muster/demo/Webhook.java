package dev.muster.demo;

import java.net.URI;
import java.util.Map;

/** One webhook, signed and ready: every attempt sends exactly these bytes. */
record Webhook(URI target, Map<String, String> headers, byte[] body) {}
