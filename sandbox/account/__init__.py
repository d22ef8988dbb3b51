"""The AWS account on this machine: a moto server, and what moto lacks."""
