"""The way in: load balancer, certificate, DNS record."""
