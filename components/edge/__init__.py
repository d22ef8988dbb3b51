"""The edge: load balancer, certificate, DNS record."""
