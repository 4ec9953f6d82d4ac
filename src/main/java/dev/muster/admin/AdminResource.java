package dev.muster.admin;

import java.util.Map;

/** Some operations of the contract that belong together. */
public interface AdminResource {
    /** By operationId, who answers. */
    Map<String, ApiHandler> handlers();
}
