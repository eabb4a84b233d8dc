/**
 * The one way out: what this server connects to for deployments goes through {@link com.reliably.outbound.OutboundClients},
 * which looks at the very address that is connected to, each time (docs/adr/0024).
 */
package com.reliably.outbound;
