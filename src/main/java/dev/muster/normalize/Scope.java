package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What the sources of one record can see.
 *
 * @param document the whole document
 * @param node what the record is read from: the document, or a part of it
 * @param kind what the platform says happened, as text
 * @param named the values of the record's {@code let} names, in their order; filled while they are read
 */
record Scope(Document document, JsonNode node, JsonNode kind, JsonNode[] named) {}
