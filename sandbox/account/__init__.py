"""The AWS account on this machine: a moto server with patches, one module or package a service."""
