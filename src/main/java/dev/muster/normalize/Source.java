package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;

/** Where a value comes from. Reading never fails: what is not there, or cannot be worked out, is a missing node. */
interface Source {
    JsonNode read(Scope scope);
}
