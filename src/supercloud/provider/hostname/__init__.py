"""Names and routes: which lease answers under which hostname, and the proxy that makes it so."""
