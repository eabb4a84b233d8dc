/**
 * Limits of what a client may keep of this server without doing anything for it: connections on which the headers of a request do
 * not come to an end, and answers that are not read (docs/adr/0026).
 */
package com.reliably.connection;
