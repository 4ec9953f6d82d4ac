/**
 * Muster keeps one roll of the people an organization knows, and every platform in agreement with it.
 *
 * <p>The story, in the order of the packages: a platform hands over a {@link dev.muster.delivery delivery}, which is
 * verified and made durable before it is acknowledged. It becomes an {@link dev.muster.operation operation} in a queue
 * with priorities. It is {@link dev.muster.normalize normalized} into canonical records. Survivorship
 * {@link dev.muster.decide decides} every field. One transaction writes the {@link dev.muster.golden golden record}, its
 * provenance and the audit entry. Who has to know when something is wrong is told by an {@link dev.muster.alert alert}.
 * {@link dev.muster.admin Administration} explains and repairs.
 */
@NullMarked
package dev.muster;

import org.jspecify.annotations.NullMarked;
